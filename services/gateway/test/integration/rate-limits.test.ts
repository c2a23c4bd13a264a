import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { issueTestToken, waitFor } from '@peermesh/testkit';
import { type GatewayWorld, routesOf, startWorld, type TestGateway } from '../support/gateway.ts';

/** Of so long a window nothing is given back while a test runs, however slow the machine. */
const HOUR_S = 3_600;
let world: GatewayWorld;

before(async () => {
  world = await startWorld();
});
after(() => world.stop());

const limited = (name: string, q: number, by: 'subject' | 'ip', w = HOUR_S) =>
  routesOf({
    id: 'x',
    match: { path: '/x' },
    upstream: { service: 'search' },
    auth: { modes: by === 'subject' ? ['jwt'] : ['none'] },
    limits: { rate: [{ name, q, w, by }] },
  });

async function ask(gateway: TestGateway, times: number, token?: string): Promise<Map<number, number>> {
  const counts = new Map<number, number>();
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  for (let index = 0; index < times; index++) {
    const { status } = await fetch(`${gateway.url}/x`, { headers });
    counts.set(status, (counts.get(status) ?? 0) + 1);
  }
  return counts;
}

test('replicas share the budget of a subject; another subject has its own', async (t) => {
  const routes = limited('subject-test', 40, 'subject');
  const [a, b] = [await world.startGateway(t, { routes }), await world.startGateway(t, { routes })];
  const token = await issueTestToken();
  const first = await ask(a, 30, token);
  const second = await ask(b, 30, token);
  const allowed = (first.get(200) ?? 0) + (second.get(200) ?? 0);
  assert.ok(allowed <= 40 && allowed >= 36, `${allowed} allowed`);
  const refused = await fetch(`${b.url}/x`, { headers: { authorization: `Bearer ${token}` } });
  assert.equal(refused.status, 429);
  const retryAfter = Number(refused.headers.get('retry-after'));
  assert.ok(retryAfter >= 1 && retryAfter <= 2 * HOUR_S);
  assert.equal(refused.headers.get('ratelimit-policy'), '"subject-test";q=40;w=3600');
  assert.match(refused.headers.get('ratelimit') ?? '', /^"subject-test";r=0;t=\d+$/);
  assert.equal(((await refused.json()) as { code: string }).code, 'PM_COMMON_TOO_MANY_REQUESTS');
  assert.equal((await ask(a, 1, await issueTestToken())).get(200), 1);
});

test('anonymous callers are counted by address, as trusted proxies report it', async (t) => {
  const routes = limited('address-test', 5, 'ip');
  const gateway = await world.startGateway(t, { routes, env: { TRUSTED_PROXIES: '127.0.0.0/8' } });
  const from = async (address: string): Promise<number> =>
    (await fetch(`${gateway.url}/x`, { headers: { 'x-forwarded-for': address } })).status;
  const statuses: number[] = [];
  for (let index = 0; index < 8; index++) statuses.push(await from('198.51.100.7'));
  assert.deepEqual(statuses, [200, 200, 200, 200, 200, 429, 429, 429]);
  assert.equal(await from('6.6.6.6, 198.51.100.7'), 429, 'what the client wrote itself does not count');
  assert.equal(await from('198.51.100.8'), 200);
});

test('many at once are never more than the quota', async (t) => {
  const gateway = await world.startGateway(t, { routes: limited('burst-test', 50, 'ip') });
  const answers = await Promise.all(Array.from({ length: 120 }, () => fetch(`${gateway.url}/x`)));
  const allowed = answers.filter(({ status }) => status === 200).length;
  assert.ok(allowed <= 50 && allowed >= 45, `${allowed} allowed`);
});

test('what the gateway answers itself is limited too, realtime connections included', async (t) => {
  const routes = {
    ...limited('other', 1000, 'ip'),
    defaults: { limits: { rate: [{ name: 'own-test', q: 4, w: HOUR_S, by: 'ip' as const }] } },
  };
  const gateway = await world.startGateway(t, { routes });
  const statuses: number[] = [];
  for (let index = 0; index < 3; index++) statuses.push((await fetch(`${gateway.url}/api/v1/gateway/routes`)).status);
  for (let index = 0; index < 3; index++) {
    const answer = await fetch(`${gateway.url}/api/v1/realtime`, { headers: { accept: 'text/event-stream' } });
    statuses.push(answer.status);
  }
  assert.deepEqual(statuses, [401, 401, 401, 401, 429, 429]);
  assert.equal((await fetch(`${gateway.url}/health/live`)).status, 200);
});

test('without Redis limits still hold, by each replica’s share, and the metric says so', async (t) => {
  const gateway = await world.startGateway(t, {
    routes: limited('away-test', 20, 'ip'),
    env: { RATE_LIMIT_REPLICAS: '2' },
  });
  assert.equal((await ask(gateway, 1)).get(200), 1);
  await world.redis.kill();
  const counts = await ask(gateway, 30);
  assert.ok((counts.get(200) ?? 0) >= 10 && (counts.get(200) ?? 0) <= 12, `${counts.get(200)} allowed`);
  assert.equal((counts.get(200) ?? 0) + (counts.get(429) ?? 0), 30, 'nothing but 200 and 429');
  assert.match(await gateway.metrics(), /gateway_rate_limit_degraded\{[^}]*\} 1/);
  const readiness = (await (await fetch(`${gateway.url}/health/ready`)).json()) as { status: string };
  assert.equal(readiness.status, 'degraded');
  const late = await world.startGateway(t, { routes: limited('late-test', 20, 'ip') });
  assert.equal((await ask(late, 1)).get(200), 1, 'a gateway starts without Redis');
  await world.redis.restart();
  await waitFor(async () => /gateway_rate_limit_degraded\{[^}]*\} 0/.test(await gateway.metrics()), {
    timeoutMs: 15_000,
  });
  assert.equal((await ask(gateway, 1)).get(200), 1);
});
