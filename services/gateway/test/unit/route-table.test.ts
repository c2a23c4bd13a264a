import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { GatewayRoute, RouteConfig } from '@peermesh/contracts/gateway';
import { isPeerMeshError } from '@peermesh/errors';
import { parse } from 'yaml';
import { diffRoutes } from '../../src/domain/route-diff.ts';
import { routeDigest } from '../../src/domain/route-digest.ts';
import { compileRouteTable } from '../../src/domain/route-table.ts';

const services = ['auth', 'ingest', 'search', 'publisher', 'router', 'mesh'];

const route = (id: string, path: string, change: Partial<GatewayRoute> = {}): GatewayRoute => ({
  id,
  match: { path },
  upstream: { service: 'search' },
  auth: { modes: ['jwt'] },
  ...change,
});
const config = (...routes: GatewayRoute[]): RouteConfig => ({ apiVersion: 'peermesh/v1', routes });

function flawsOf(candidate: unknown): string {
  try {
    compileRouteTable(candidate, { services });
  } catch (error) {
    if (isPeerMeshError(error) && error.code === 'PM_GATEWAY_ROUTES_INVALID')
      return JSON.stringify(error.occurrence.errors);
    throw error;
  }
  return '';
}

test('matches the longest prefix, its own root included', () => {
  const table = compileRouteTable(
    config(route('all', '/api/*'), route('docs', '/api/docs/*'), route('one', '/api/docs/:id/raw')),
    {
      services,
    },
  );
  assert.equal(table.find('GET', undefined, '/api/x')?.id, 'all');
  assert.equal(table.find('GET', undefined, '/api/docs')?.id, 'docs');
  assert.equal(table.find('POST', undefined, '/api/docs/7/8')?.id, 'docs');
  assert.equal(table.find('GET', undefined, '/api/docs/7/raw')?.id, 'one');
  assert.equal(table.find('GET', undefined, '/apix'), null);
});

test('knows the methods of a path, HEAD with GET', () => {
  const table = compileRouteTable(config(route('a', '/a', { match: { path: '/a', methods: ['GET', 'POST'] } })), {
    services,
  });
  assert.deepEqual(table.methodsOf(undefined, '/a'), ['GET', 'HEAD', 'POST']);
  assert.equal(table.find('DELETE', undefined, '/a'), null);
});

test('matches by host', () => {
  const table = compileRouteTable(
    config(
      route('a', '/x', { match: { path: '/x', hosts: ['a.example'] } }),
      route('b', '/x', { match: { path: '/x', hosts: ['b.example'] } }),
    ),
    { services },
  );
  assert.equal(table.find('GET', 'A.example', '/x')?.id, 'a');
  assert.equal(table.find('GET', 'b.example', '/x')?.id, 'b');
  assert.equal(table.find('GET', 'c.example', '/x'), null);
});

test('the file that ships compiles, and its digest does not depend on key order', () => {
  const shipped = parse(readFileSync(new URL('../../config/routes.yaml', import.meta.url), 'utf8')) as RouteConfig;
  const { digest } = compileRouteTable(shipped, { services });
  const reordered = Object.fromEntries(Object.entries(shipped).reverse()) as unknown as RouteConfig;
  assert.equal(routeDigest(reordered), digest);
});

for (const [name, candidate, expected] of [
  ['nothing', null, /must be object/],
  ['an unknown field', { ...config(route('a', '/a')), extra: 1 }, /additional/],
  ['another version', { apiVersion: 'peermesh/v9', routes: [route('a', '/a')] }, /constant/],
  ['no routes', config(), /minItems|fewer|less/],
  ['a bad duration', config(route('a', '/a', { limits: { timeout: { total: '2 weeks' } } })), /pattern/],
  ['a bad path', config(route('a', 'a/b')), /pattern/],
  ['the same id twice', config(route('a', '/a'), route('a', '/b')), /used twice/],
  ['the same path twice', config(route('a', '/a'), route('b', '/a')), /already declared/],
  ['an unknown service', config(route('a', '/a', { upstream: { service: 'nowhere' } })), /no upstream/],
  ['none with jwt', config(route('a', '/a', { auth: { modes: ['none', 'jwt'] } })), /excludes/],
  ['none with a role', config(route('a', '/a', { auth: { modes: ['none'], minRole: 'admin' } })), /excludes/],
  ['an example elsewhere', config(route('a', '/a', { example: { method: 'GET', path: '/b' } })), /matches no route/],
  [
    'an example taken by another route',
    config(route('a', '/a/*', { example: { method: 'GET', path: '/a/b' } }), route('b', '/a/b')),
    /taken by the route \\"b\\"/,
  ],
  [
    'one limit with two quotas',
    config(
      route('a', '/a', { limits: { rate: [{ name: 'x', q: 1, w: 1, by: 'ip' }] } }),
      route('b', '/b', { limits: { rate: [{ name: 'x', q: 2, w: 1, by: 'ip' }] } }),
    ),
    /another quota/,
  ],
  [
    'sunset before deprecation',
    config(route('a', '/a', { lifecycle: { deprecatedAt: '2027-01-01', sunset: '2026-01-01' } })),
    /before/,
  ],
] as const) {
  test(`refuses ${name}`, () => assert.match(flawsOf(candidate), expected));
}

test('tells what a new table changes', () => {
  const before = config(route('a', '/a'), route('b', '/b'));
  const after = config(route('b', '/b2', { auth: { modes: ['none'] } }), route('c', '/c'));
  assert.deepEqual(diffRoutes(before, after), {
    added: ['c'],
    removed: ['a'],
    changed: [{ id: 'b', fields: ['match', 'auth'] }],
  });
  const defaults = { limits: { concurrency: 3 } };
  assert.deepEqual(diffRoutes(before, { ...before, defaults }).changed.length, 2);
});

test('keeps what a route counts when its resilience stays the same', () => {
  const retry = { retry: { max: 1, on: ['connect' as const], budget: 0.5 } };
  const first = compileRouteTable(config(route('a', '/a', { resilience: retry }), route('b', '/b')), { services });
  const next = compileRouteTable(
    config(route('a', '/a2', { resilience: retry }), route('b', '/b', { resilience: retry })),
    {
      services,
      previous: first,
    },
  );
  assert.equal(next.routes[0]!.state, first.routes[0]!.state);
  assert.notEqual(next.routes[1]!.state, first.routes[1]!.state);
});

test('lifecycle becomes Deprecation, Sunset and Link', () => {
  const lifecycle = { deprecatedAt: '2026-12-01', sunset: '2027-06-01', successor: '/api/v2/x' };
  const table = compileRouteTable(config(route('a', '/a', { lifecycle })), { services });
  assert.deepEqual(table.routes[0]!.lifecycleHeaders, [
    'deprecation',
    '@1796083200',
    'sunset',
    'Tue, 01 Jun 2027 00:00:00 GMT',
    'link',
    '</api/v2/x>; rel="successor-version"',
  ]);
});
