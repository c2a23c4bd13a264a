import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import type { GatewayRoute } from '@peermesh/contracts/gateway';
import { freePort, waitFor } from '@peermesh/testkit';
import { type GatewayWorld, routesOf, startWorld } from '../support/gateway.ts';
import { startUpstream } from '../support/upstream.ts';

let world: GatewayWorld;

before(async () => {
  world = await startWorld();
});
after(() => world.stop());

const route = (change: Partial<GatewayRoute> = {}): GatewayRoute => ({
  id: 'x',
  match: { path: '/x/*' },
  upstream: { service: 'search' },
  auth: { modes: ['none'] },
  ...change,
});
/** For services that do not answer; whatever is to be answered gets the limits of a route that says nothing. */
const IMPATIENT = { timeout: { total: '600ms', perTry: '250ms', idle: '300ms' } };
const retry = { max: 2, on: ['connect' as const, '502' as const, '503' as const], budget: 1 };

/** A TCP server that answers every request with these bytes, or does what the function says. */
async function startBytes(
  t: { after(fn: () => void): void },
  answer: string | ((socket: Socket) => void),
): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', () => (typeof answer === 'string' ? socket.write(answer) : answer(socket)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

async function problemOf(answer: Response): Promise<{ status: number; code: string }> {
  assert.equal(answer.headers.get('content-type'), 'application/problem+json');
  const { code } = (await answer.json()) as { code: string };
  return { status: answer.status, code };
}

test('503 with Retry-After for a service that is down', async (t) => {
  const url = `http://127.0.0.1:${await freePort()}`;
  const gateway = await world.startGateway(t, { routes: routesOf(route()), env: { UPSTREAM_SEARCH: url } });
  const answer = await fetch(`${gateway.url}/x`);
  assert.ok(Number(answer.headers.get('retry-after')) >= 1);
  assert.deepEqual(await problemOf(answer), { status: 503, code: 'PM_GATEWAY_UPSTREAM_UNAVAILABLE' });
});

test('504 for a service that does not answer, within the time limit', async (t) => {
  const url = await startBytes(t, () => undefined);
  const routes = routesOf(route({ limits: IMPATIENT }));
  const gateway = await world.startGateway(t, { routes, env: { UPSTREAM_SEARCH: url } });
  // Shorter than what a route that says nothing allows.
  const signal = AbortSignal.timeout(8_000);
  const answer = await fetch(`${gateway.url}/x`, { method: 'POST', body: 'abc', signal });
  assert.deepEqual(await problemOf(answer), { status: 504, code: 'PM_GATEWAY_UPSTREAM_TIMEOUT' });
});

for (const [name, answer] of [
  ['bytes that are not HTTP', 'hello\r\n\r\n'],
  ['a broken status line', 'HTTP/1.1 abc OK\r\n\r\n'],
  [
    'content-length with transfer-encoding',
    'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  ['headers without end', (socket: Socket) => void socket.write(`HTTP/1.1 200 OK\r\na: ${'x'.repeat(200_000)}`)],
  ['a connection that breaks', (socket: Socket) => void socket.destroy()],
] as const) {
  test(`502 for a service that answers with ${name}`, async (t) => {
    const url = await startBytes(t, answer);
    const gateway = await world.startGateway(t, { routes: routesOf(route()), env: { UPSTREAM_SEARCH: url } });
    assert.deepEqual(await problemOf(await fetch(`${gateway.url}/x`)), {
      status: 502,
      code: 'PM_GATEWAY_UPSTREAM_INVALID',
    });
  });
}

test('an answer that breaks off, or stalls, is never passed off as complete', async (t) => {
  const cut = await startBytes(t, (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc'));
  const stalled = await startBytes(
    t,
    (socket) => void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc'),
  );
  for (const url of [cut, stalled]) {
    const routes = routesOf(route({ limits: IMPATIENT }));
    const gateway = await world.startGateway(t, { routes, env: { UPSTREAM_SEARCH: url } });
    await assert.rejects(async () => {
      const answer = await fetch(`${gateway.url}/x`, { signal: AbortSignal.timeout(8_000) });
      await answer.text();
    }, /terminated/);
  }
});

test('an idempotent request is tried at another instance, a write only with its key', async (t) => {
  const [bad, good] = [await startUpstream(), await startUpstream()];
  t.after(() => Promise.all([bad.stop(), good.stop()]));
  let failures = 0;
  bad.answer((request, response) => {
    failures++;
    request.resume();
    response.writeHead(503).end();
  });
  const gateway = await world.startGateway(t, {
    routes: routesOf(route({ resilience: { retry } })),
    env: { UPSTREAM_SEARCH: `${bad.url},${good.url}` },
  });
  const ask = async (init: RequestInit): Promise<number[]> => {
    const statuses: number[] = [];
    for (let index = 0; index < 12; index++) statuses.push((await fetch(`${gateway.url}/x`, init)).status);
    return statuses;
  };
  assert.deepEqual([...new Set(await ask({}))], [200]);
  assert.deepEqual([...new Set(await ask({ method: 'PUT', body: 'abc' }))], [200]);
  assert.deepEqual(
    [...new Set(await ask({ method: 'POST', body: 'abc', headers: { 'idempotency-key': '"k"' } }))],
    [200],
  );
  assert.ok(failures > 0, 'the bad instance was tried');
  const alone = await world.startGateway(t, {
    routes: routesOf(route({ resilience: { retry } })),
    env: { UPSTREAM_SEARCH: bad.url },
  });
  failures = 0;
  assert.equal((await fetch(`${alone.url}/x`, { method: 'POST', body: 'abc' })).status, 503);
  assert.equal(failures, 1, 'a write without a key is not repeated');
  assert.equal(good.seen.find(({ method }) => method === 'PUT')?.body.toString(), 'abc');
});

test('a refused connection fails over for every method, since nothing was sent', async (t) => {
  const good = await startUpstream();
  t.after(() => good.stop());
  const dead = `http://127.0.0.1:${await freePort()}`;
  const gateway = await world.startGateway(t, {
    routes: routesOf(route({ resilience: { retry } })),
    env: { UPSTREAM_SEARCH: `${dead},${good.url}` },
  });
  for (let index = 0; index < 20; index++) {
    assert.equal((await fetch(`${gateway.url}/x`, { method: 'POST', body: 'abc' })).status, 200);
  }
  assert.match(await gateway.metrics(), /gateway_upstream_ejected\{[^}]*\} 1/);
});

test('retries stay within their budget', async (t) => {
  const service = await startUpstream();
  t.after(() => service.stop());
  let requests = 0;
  service.answer((_request, response) => {
    requests++;
    response.writeHead(502).end();
  });
  const gateway = await world.startGateway(t, {
    routes: routesOf(route({ resilience: { retry: { ...retry, budget: 0.1 } } })),
    env: { UPSTREAM_SEARCH: service.url },
  });
  for (let index = 0; index < 100; index++) assert.equal((await fetch(`${gateway.url}/x`)).status, 502);
  assert.ok(requests >= 105 && requests <= 121, `${requests} requests for 100`);
});

test('the breaker opens on failures, answers at once, and closes when the service is back', async (t) => {
  const service = await startUpstream();
  t.after(() => service.stop());
  let isBroken = true;
  service.answer((request, response) => {
    if (isBroken) request.socket.destroy();
    else response.end('ok');
  });
  const breaker = { window: '10s', minRequests: 5, errorRate: 0.5, openFor: '1s', probes: 1 };
  const gateway = await world.startGateway(t, {
    routes: routesOf(route({ resilience: { breaker } }), route({ id: 'y', match: { path: '/y' } })),
    env: { UPSTREAM_SEARCH: service.url },
  });
  for (let index = 0; index < 5; index++) assert.equal((await fetch(`${gateway.url}/x`)).status, 502);
  const refused = await fetch(`${gateway.url}/x`);
  assert.deepEqual(await problemOf(refused), { status: 503, code: 'PM_GATEWAY_UPSTREAM_UNAVAILABLE' });
  isBroken = false;
  assert.equal((await fetch(`${gateway.url}/y`)).status, 200, 'another route has its own breaker');
  await waitFor(async () => (await fetch(`${gateway.url}/x`)).status === 200);
});

test('503 with Retry-After beyond the concurrency limit', async (t) => {
  const service = await startUpstream();
  t.after(() => service.stop());
  const held: (() => void)[] = [];
  service.answer((_request, response) => void held.push(() => response.end('ok')));
  const gateway = await world.startGateway(t, {
    routes: routesOf(route({ limits: { concurrency: 2, timeout: { total: '20s' } } })),
    env: { UPSTREAM_SEARCH: service.url },
  });
  const first = [fetch(`${gateway.url}/x`), fetch(`${gateway.url}/x`)];
  await waitFor(() => held.length === 2);
  const third = await fetch(`${gateway.url}/x`);
  assert.equal(third.headers.get('retry-after'), '1');
  assert.deepEqual(await problemOf(third), { status: 503, code: 'PM_GATEWAY_OVERLOADED' });
  for (const release of held.splice(0)) release();
  assert.deepEqual(
    (await Promise.all(first)).map(({ status }) => status),
    [200, 200],
  );
  const again = fetch(`${gateway.url}/x`);
  await waitFor(() => held.length === 1);
  held[0]!();
  assert.equal((await again).status, 200);
});

test('answers go back as they are: HEAD, 204, 304, redirects, early hints', async (t) => {
  const service = await startUpstream();
  t.after(() => service.stop());
  service.answer((request, response) => {
    if (request.url === '/x/204') return response.writeHead(204).end();
    if (request.url === '/x/304') return response.writeHead(304, { etag: '"1"' }).end();
    if (request.url === '/x/302') return response.writeHead(302, { location: '/elsewhere' }).end();
    response.writeEarlyHints({ link: '</style.css>; rel=preload' });
    return response.writeHead(200, { 'content-length': '5', 'set-cookie': ['a=1', 'b=2'] }).end('hello');
  });
  const gateway = await world.startGateway(t, { routes: routesOf(route()), env: { UPSTREAM_SEARCH: service.url } });
  const ask = (path: string, method = 'GET') => fetch(`${gateway.url}${path}`, { method, redirect: 'manual' });
  assert.equal((await ask('/x/204')).status, 204);
  assert.equal((await ask('/x/304')).headers.get('etag'), '"1"');
  assert.equal((await ask('/x/302')).headers.get('location'), '/elsewhere');
  const head = await ask('/x', 'HEAD');
  assert.equal(head.headers.get('content-length'), '5');
  assert.equal(await head.text(), '');
  const full = await ask('/x');
  assert.deepEqual(full.headers.getSetCookie(), ['a=1', 'b=2']);
  assert.equal(await full.text(), 'hello');
});

test('a body without length arrives while it is made', async (t) => {
  const service = await startUpstream();
  t.after(() => service.stop());
  let finish: () => void = () => undefined;
  service.answer((_request, response) => {
    response.write('first');
    finish = () => response.end('second');
  });
  const gateway = await world.startGateway(t, {
    routes: routesOf(route({ limits: { timeout: { total: '5s', idle: '5s' } } })),
    env: { UPSTREAM_SEARCH: service.url },
  });
  const answer = await fetch(`${gateway.url}/x`);
  const reader = answer.body!.getReader();
  const decoder = new TextDecoder();
  assert.equal(decoder.decode((await reader.read()).value), 'first');
  finish();
  assert.equal(decoder.decode((await reader.read()).value), 'second');
});
