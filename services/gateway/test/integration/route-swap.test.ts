import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { GatewayRoute, RouteConfig, RouteSnapshot, RouteValidation } from '@peermesh/contracts/gateway';
import { issueTestToken, waitFor } from '@peermesh/testkit';
import { type GatewayWorld, routesOf, startWorld, type TestGateway } from '../support/gateway.ts';
import { startUpstream } from '../support/upstream.ts';

let world: GatewayWorld;
let admin: string;

before(async () => {
  world = await startWorld();
  admin = await issueTestToken({ role: 'admin' });
});
after(() => world.stop());

const route = (id: string, path = `/${id}`, service = 'search'): GatewayRoute => ({
  id,
  match: { path },
  upstream: { service },
  auth: { modes: ['none'] },
});

async function call<T>(
  gateway: TestGateway,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; etag: string; body: T }> {
  const answer = await fetch(`${gateway.url}/api/v1/gateway/routes${path}`, {
    method,
    headers: {
      authorization: `Bearer ${admin}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, etag: answer.headers.get('etag') ?? '', body: (await answer.json()) as T };
}

const put = async (gateway: TestGateway, config: RouteConfig): Promise<RouteSnapshot> => {
  const { etag } = await call(gateway, 'GET', '');
  const answer = await call<RouteSnapshot>(gateway, 'PUT', '', config, { 'if-match': etag });
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body;
};

/** Writes as deployments do: a new file that takes the place of the old one. */
function replaceFile(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

test('a change of the file is picked up, a flawed one is reported and changes nothing', async (t) => {
  const gateway = await world.startGateway(t, { routes: routesOf(route('one')) });
  assert.equal((await fetch(`${gateway.url}/two`)).status, 404);
  replaceFile(gateway.routesFile, JSON.stringify(routesOf(route('one'), route('two'))));
  await waitFor(async () => (await fetch(`${gateway.url}/two`)).status === 200);
  replaceFile(gateway.routesFile, 'apiVersion: [');
  await waitFor(async () => {
    const readiness = (await (await fetch(`${gateway.url}/health/ready`)).json()) as { status: string };
    return readiness.status === 'degraded';
  });
  assert.equal((await fetch(`${gateway.url}/two`)).status, 200);
  replaceFile(gateway.routesFile, JSON.stringify(routesOf(route('three'))));
  await waitFor(async () => (await fetch(`${gateway.url}/three`)).status === 200);
  const readiness = (await (await fetch(`${gateway.url}/health/ready`)).json()) as { status: string };
  assert.equal(readiness.status, 'ready');
});

test('only an administrator may look at the table or change it', async (t) => {
  const gateway = await world.startGateway(t, { routes: routesOf(route('one')) });
  const ask = async (token?: string) =>
    (
      await fetch(`${gateway.url}/api/v1/gateway/routes`, {
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      })
    ).status;
  assert.equal(await ask(), 401);
  assert.equal(await ask(await issueTestToken({ role: 'moderator' })), 403);
  assert.equal(await ask(await issueTestToken({ role: 'admin', scope: 'documents:read' })), 403);
  assert.equal(await ask(admin), 200);
});

test('validates without activating, replaces with If-Match, keeps ten, rolls back', async (t) => {
  const gateway = await world.startGateway(t, { routes: routesOf(route('one')) });
  const replica = await world.startGateway(t, { routes: routesOf(route('one')) });

  const good = await call<RouteValidation>(gateway, 'POST', '/validate', routesOf(route('one', '/1'), route('two')));
  assert.equal(good.body.valid, true);
  assert.deepEqual(good.body.diff, { added: ['two'], removed: [], changed: [{ id: 'one', fields: ['match'] }] });
  const bad = await call<RouteValidation>(gateway, 'POST', '/validate', routesOf(route('one', '/1', 'nowhere')));
  assert.equal(bad.body.valid, false);
  assert.deepEqual(
    bad.body.errors.map(({ pointer }) => pointer),
    ['/routes/0/upstream/service'],
  );
  assert.equal((await call<RouteValidation>(gateway, 'POST', '/validate', { apiVersion: 1 })).body.valid, false);
  assert.equal((await fetch(`${gateway.url}/two`)).status, 404);

  const next = routesOf(route('one'), route('two'));
  assert.equal((await call(gateway, 'PUT', '', next)).status, 428);
  assert.equal((await call(gateway, 'PUT', '', next, { 'if-match': `"${'0'.repeat(64)}"` })).status, 412);
  assert.equal((await call(gateway, 'PUT', '', { apiVersion: 'peermesh/v1' }, { 'if-match': '*' })).status, 400);
  const { etag } = await call(gateway, 'GET', '');
  const flawed = await call<{ code: string }>(gateway, 'PUT', '', routesOf(route('a', '/x'), route('b', '/x')), {
    'if-match': etag,
  });
  assert.deepEqual([flawed.status, flawed.body.code], [422, 'PM_GATEWAY_ROUTES_INVALID']);
  const first = await put(gateway, next);
  assert.deepEqual([first.revision, first.source, first.routeCount], [1, 'api', 2]);
  assert.equal((await fetch(`${gateway.url}/two`)).status, 200);
  await waitFor(async () => (await fetch(`${replica.url}/two`)).status === 200);

  replaceFile(gateway.routesFile, JSON.stringify(routesOf(route('ignored'))));
  for (let index = 3; index <= 14; index++) await put(gateway, routesOf(route('one'), route(`v${index}`)));
  const history = await call<{ items: { revision: number }[] }>(replica, 'GET', '/history');
  assert.deepEqual(
    history.body.items.map(({ revision }) => revision),
    [13, 12, 11, 10, 9, 8, 7, 6, 5, 4],
  );

  const back = await call<RouteSnapshot>(replica, 'POST', '/rollback', {});
  assert.deepEqual([back.status, back.body.revision, back.body.source], [200, 14, 'rollback']);
  assert.equal((await fetch(`${replica.url}/v13`)).status, 200);
  assert.equal((await call(gateway, 'POST', '/rollback', { revision: 1 })).status, 404);
  assert.equal((await call(gateway, 'POST', '/rollback', { revision: 8 })).body !== null, true);
  assert.equal((await fetch(`${gateway.url}/v9`)).status, 200);
  const toFile = await call<RouteSnapshot>(gateway, 'POST', '/rollback', { revision: 0 });
  assert.equal(toFile.status, 200);
  assert.equal((await fetch(`${gateway.url}/ignored`)).status, 200);

  const late = await world.startGateway(t, { routes: routesOf(route('old')) });
  assert.equal((await fetch(`${late.url}/ignored`)).status, 200, 'a new replica starts from the store');
});

test('two administrators cannot overwrite each other unseen', async (t) => {
  const [a, b] = [await world.startGateway(t), await world.startGateway(t)];
  const { etag } = await call(a, 'GET', '');
  const answers = await Promise.all(
    [a, b, a, b].map((gateway, index) =>
      call(gateway, 'PUT', '', routesOf(route('shared'), route(`by${index}`)), { 'if-match': etag }),
    ),
  );
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 412, 412, 412]);
});

test('no request is dropped while tables are swapped under load', async (t) => {
  const [left, right] = [await startUpstream(), await startUpstream()];
  t.after(() => Promise.all([left.stop(), right.stop()]));
  const gateway = await world.startGateway(t, { env: { UPSTREAM_SEARCH: left.url, UPSTREAM_INGEST: right.url } });
  const table = (service: string, extra: string): RouteConfig =>
    routesOf(route('moving', '/moving', service), route(extra));
  await put(gateway, table('search', 'x0'));
  let isDone = false;
  const counts = new Map<number, number>();
  const load = Array.from({ length: 16 }, async () => {
    while (!isDone) {
      const { status, body } = await fetch(`${gateway.url}/moving`, { method: 'POST', body: 'x'.repeat(2000) });
      await new Response(body).text();
      counts.set(status, (counts.get(status) ?? 0) + 1);
    }
  });
  for (let swap = 1; swap <= 30; swap++) await put(gateway, table(swap % 2 === 0 ? 'search' : 'ingest', `x${swap}`));
  isDone = true;
  await Promise.all(load);
  assert.deepEqual([...counts.keys()], [200]);
  assert.ok(counts.get(200)! > 100);
  assert.ok(left.seen.length > 0 && right.seen.length > 0);
});

test('a stopping gateway finishes what it has begun', async (t) => {
  const service = await startUpstream();
  t.after(() => service.stop());
  const begun: (() => void)[] = [];
  service.answer((_request, response) => {
    response.write('begun ');
    begun.push(() => response.end('and finished'));
  });
  const gateway = await world.startGateway(t, { env: { UPSTREAM_SEARCH: service.url } });
  await put(gateway, routesOf(route('x')));
  const answer = await fetch(`${gateway.url}/x`);
  const stopping = gateway.stop({ isGraceful: true });
  await waitFor(async () => (await fetch(`${gateway.url}/x`).catch(() => 'refused')) === 'refused');
  // Also those that came in before the door was shut.
  for (const finish of begun) finish();
  assert.equal(await answer.text(), 'begun and finished');
  await stopping;
});
