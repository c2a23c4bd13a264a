import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { RouteDefinition } from '@peermesh/contracts';
import { RealtimeClientMessage, RealtimeServerMessage } from '@peermesh/contracts/gateway';
import { Compile } from 'typebox/compile';
import { parse } from 'yaml';
import { compileRouteTable } from '../../src/domain/route-table.ts';
import { SERVICES } from '../../src/plugins/upstreams.ts';
import { isOwn } from '../../src/proxy/front-door.ts';
import { FLEET_ROUTES } from '../../src/routes/openapi-route.ts';

const table = compileRouteTable(parse(readFileSync(new URL('../../config/routes.yaml', import.meta.url), 'utf8')), {
  services: SERVICES,
});
const ROLES = ['user', 'moderator', 'admin'];
/** For the services and nodes among themselves: clients have no use for them, so they do not pass the edge without a token. */
const INTERNAL = ['auth.api_key.exchange', 'auth.token.introspect', 'router.routes.fetch'];

const serviceOf = (route: RouteDefinition): string => route.id.split('.', 1)[0]!;
const pathOf = (route: RouteDefinition): string => route.path.replace(/:[A-Za-z]+/g, 'x');

for (const route of FLEET_ROUTES) {
  if (serviceOf(route) === 'gateway') {
    test(`the gateway answers ${route.method} ${route.path} itself`, () => assert.equal(isOwn(pathOf(route)), true));
    continue;
  }
  test(`${route.method} ${route.path} reaches ${serviceOf(route)}`, () => {
    assert.equal(isOwn(pathOf(route)), false);
    const found = table.find(route.method, undefined, pathOf(route));
    assert.equal(found?.service, serviceOf(route));
    if (INTERNAL.includes(route.id)) return assert.equal(found.isPublic, false);
    assert.equal(found.isPublic, route.policy.access === 'public', 'public exactly where the contract says so');
    if (route.policy.access === 'authenticated' && found.policy.access === 'authenticated') {
      const [needed, asked] = [ROLES.indexOf(route.policy.minRole), ROLES.indexOf(found.policy.minRole)];
      assert.ok(asked <= needed, 'the edge asks for no higher role than the contract');
    }
    assert.ok(found.bodyBytesMax >= (route.bodyBytesMax ?? 0), 'the edge takes the bodies that the contract allows');
  });
}

test('the protocol’s messages validate', () => {
  const client = Compile(RealtimeClientMessage);
  const server = Compile(RealtimeServerMessage);
  assert.ok(client.Check({ type: 'subscribe', topics: ['documents'], after: 'p1.s2' }));
  assert.ok(!client.Check({ type: 'subscribe', topics: [] }));
  assert.ok(!client.Check({ type: 'subscribe', topics: ['documents'], extra: 1 }));
  assert.ok(server.Check({ type: 'resync', id: 'p1.s2', reason: 'expired' }));
  assert.ok(server.Check({ type: 'heartbeat', id: 'p1.s2' }));
});
