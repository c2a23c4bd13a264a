import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { after, before, test } from 'node:test';
import { newEventId, newId } from '@peermesh/contracts';
import { issueTestToken, waitFor } from '@peermesh/testkit';
import { type GatewayWorld, routesOf, startWorld, type TestGateway } from '../support/gateway.ts';
import { startUpstream } from '../support/upstream.ts';

let world: GatewayWorld;
let gateway: TestGateway;
let token: string;

before(async () => {
  world = await startWorld();
  gateway = await world.startGateway(null);
  token = await issueTestToken();
});
after(async () => {
  await gateway.stop();
  await world.stop();
});

const authorized = (extra: Record<string, string> = {}): Record<string, string> => ({
  authorization: `Bearer ${token}`,
  ...extra,
});

test('forwards method, path, query and body, and returns status, headers and body', async () => {
  const answer = await fetch(`${gateway.url}/api/v1/content/batch?a=1&b=%2F`, {
    method: 'POST',
    headers: authorized({ 'content-type': 'application/json', 'x-request-id': 'my-request-1' }),
    body: JSON.stringify({ hello: 'wörld' }),
  });
  const echo = (await answer.json()) as { method: string; url: string; headers: Record<string, string>; bytes: number };
  assert.equal(answer.status, 200);
  assert.equal(echo.method, 'POST');
  assert.equal(echo.url, '/api/v1/content/batch?a=1&b=%2F');
  assert.equal(echo.bytes, Buffer.byteLength(JSON.stringify({ hello: 'wörld' })));
  assert.equal(echo.headers['x-request-id'], 'my-request-1');
  assert.equal(echo.headers['authorization'], `Bearer ${token}`);
  assert.equal(answer.headers.get('x-request-id'), 'my-request-1');
});

test('a request id that is not usable is replaced', async () => {
  const answer = await fetch(`${gateway.url}/api/v1/search`, { headers: authorized({ 'x-request-id': 'a b' }) });
  assert.match(answer.headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/);
});

test('rate limit headers name every limit', async () => {
  const answer = await fetch(`${gateway.url}/api/v1/search`, { headers: authorized() });
  assert.equal(answer.headers.get('ratelimit-policy'), '"address";q=30000;w=60, "caller";q=12000;w=60');
  assert.match(answer.headers.get('ratelimit') ?? '', /^"address";r=\d+;t=\d+, "caller";r=\d+;t=\d+$/);
});

test('exchanges an API key for a token, keeps it, and drops it when it is revoked', async (t) => {
  const auth = await startUpstream();
  t.after(() => auth.stop());
  const keyId = newId('apiKey');
  let exchanges = 0;
  auth.answer((request, response) => {
    let text = '';
    request.on('data', (chunk) => (text += chunk));
    request.on('end', async () => {
      exchanges++;
      const isGood = (JSON.parse(text) as { apiKey: string }).apiKey === 'pm_live_goodgoodgoodgood';
      const accessToken = await issueTestToken({ scope: 'documents:read', extra: { kind: 'api_key', kid: keyId } });
      response.writeHead(isGood ? 200 : 401, { 'content-type': 'application/json' });
      response.end(JSON.stringify(isGood ? { accessToken, tokenType: 'Bearer', expiresIn: 60 } : {}));
    });
  });
  const own = await world.startGateway(t, { env: { UPSTREAM_AUTH: auth.url } });
  const ask = (headers: Record<string, string>) => fetch(`${own.url}/api/v1/search`, { headers });
  const first = await ask({ 'x-api-key': 'pm_live_goodgoodgoodgood' });
  const echo = (await first.json()) as { headers: Record<string, string> };
  assert.equal(first.status, 200);
  assert.match(echo.headers['authorization'] ?? '', /^Bearer ey/);
  assert.equal(echo.headers['x-api-key'], undefined);
  assert.equal((await ask({ authorization: 'Bearer pm_live_goodgoodgoodgood' })).status, 200);
  assert.equal(exchanges, 1);
  for (let attempt = 0; attempt < 3; attempt++)
    assert.equal((await ask({ 'x-api-key': 'pm_live_badbadbadbadbad' })).status, 401);
  assert.equal(exchanges, 2);
  own.events.revoke({
    specversion: '1.0',
    id: newEventId(),
    source: '/peermesh/auth/test',
    type: 'peermesh.auth.session_revoked.v1',
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    dataschema: '',
    tenantid: 'default',
    correlationid: newEventId(),
    partitionkey: keyId,
    data: {
      kind: 'api_key',
      id: keyId,
      userId: newId('user'),
      reason: 'test',
      revokedAt: new Date().toISOString(),
      expiresAt: null,
    },
  });
  assert.equal((await ask({ 'x-api-key': 'pm_live_goodgoodgoodgood' })).status, 401);
  await auth.stop();
  assert.equal((await ask({ 'x-api-key': 'pm_live_otherotherother' })).status, 503);
});

test('role and scope of the route are checked before the service is asked', async () => {
  const before = world.upstream.seen.length;
  const refused = await fetch(`${gateway.url}/api/v1/decisions`, { headers: authorized() });
  assert.equal(refused.status, 403);
  assert.equal(((await refused.json()) as { code: string }).code, 'PM_COMMON_FORBIDDEN');
  assert.equal(world.upstream.seen.length, before);
  await waitFor(() => gateway.events.decisions.length > 0);
  assert.deepEqual(
    gateway.events.decisions.map(({ allowed, action, resource, reason }) => [allowed, action, resource, reason]),
    [[false, 'route.decisions', '/api/v1/decisions', 'role_too_low']],
  );
  const admin = await issueTestToken({ role: 'admin' });
  const allowed = await fetch(`${gateway.url}/api/v1/decisions`, { headers: { authorization: `Bearer ${admin}` } });
  assert.equal(allowed.status, 200);
});

test('a public route passes the caller’s own credential on', async () => {
  const answer = await fetch(`${gateway.url}/api/v1/ingest/hooks/src_1`, {
    method: 'POST',
    headers: { authorization: 'Bearer secret-of-the-source' },
    body: 'x',
  });
  const echo = (await answer.json()) as { headers: Record<string, string> };
  assert.equal(echo.headers['authorization'], 'Bearer secret-of-the-source');
});

test('forwards a large upload whole', async () => {
  const body = randomBytes(24 * 1024 * 1024);
  const answer = await fetch(`${gateway.url}/api/v1/content`, { method: 'POST', headers: authorized(), body });
  assert.equal(((await answer.json()) as { bytes: number }).bytes, body.length);
});

test('a service that does not read slows the upload down instead of filling the gateway', async (t) => {
  const service = await startUpstream();
  t.after(() => service.stop());
  service.answer((request) => void request.pause());
  const own = await world.startGateway(t, { env: { UPSTREAM_INGEST: service.url } });
  const size = 30 * 1024 * 1024;
  const upload = httpRequest(`${own.url}/api/v1/content`, {
    method: 'POST',
    headers: authorized({ 'content-length': String(size) }),
  });
  upload.on('error', () => undefined);
  upload.write(Buffer.alloc(size));
  let last = -1;
  await waitFor(
    () => {
      const written = upload.socket?.bytesWritten ?? 0;
      const isStill = written === last && written > 0;
      last = written;
      return isStill;
    },
    { intervalMs: 150 },
  );
  assert.ok((upload.socket?.writableLength ?? 0) > 10 * 1024 * 1024, 'most of it is still with the client');
  upload.destroy();
});

test('a slow reader slows the service down instead of filling the gateway', async (t) => {
  const service = await startUpstream();
  t.after(() => service.stop());
  let sent = 0;
  const chunk = Buffer.alloc(64 * 1024, 'x');
  service.answer((_request, response) => {
    response.writeHead(200);
    const write = (): void => {
      while (sent < 64 * 1024 * 1024) {
        sent += chunk.length;
        if (!response.write(chunk)) return void response.once('drain', write);
      }
      response.end();
    };
    write();
  });
  const own = await world.startGateway(t, { env: { UPSTREAM_SEARCH: service.url } });
  const request = httpRequest(`${own.url}/api/v1/search`, { headers: authorized() });
  const head = Promise.withResolvers<NodeJS.ReadableStream & { destroy(): void }>();
  request.on('response', (response) => head.resolve(response.pause() as never));
  request.on('error', () => undefined);
  request.end();
  const response = await head.promise;
  let last = -1;
  await waitFor(
    () => {
      const isStill = sent === last;
      last = sent;
      return isStill && sent > 0;
    },
    { intervalMs: 150 },
  );
  assert.ok(sent < 32 * 1024 * 1024, `${sent} bytes were taken in`);
  response.destroy();
});

test('the service hears when the client goes away', async (t) => {
  const service = await startUpstream();
  t.after(() => service.stop());
  let wasAborted = false;
  service.answer((request) => request.on('close', () => (wasAborted = true)));
  const own = await world.startGateway(t, { env: { UPSTREAM_SEARCH: service.url } });
  const controller = new AbortController();
  const pending = fetch(`${own.url}/api/v1/search`, { headers: authorized(), signal: controller.signal }).catch(
    () => 'gone',
  );
  await waitFor(async () => /gateway_upstream_in_flight\{[^}]*\} 1/.test(await own.metrics()));
  controller.abort();
  assert.equal(await pending, 'gone');
  await waitFor(() => wasAborted, { message: 'the upstream request was aborted' });
  await waitFor(async () => /gateway_client_gone_total\{route="search"[^}]*\} 1/.test(await own.metrics()));
});

test('a write without a well-formed Idempotency-Key is refused where one is required', async (t) => {
  const route = (id: string, idempotency: 'required' | 'optional' | 'none') => ({
    id,
    match: { path: `/${id}` as const },
    upstream: { service: 'search' },
    auth: { modes: ['none' as const] },
    idempotency,
  });
  const own = await world.startGateway(t, {
    routes: routesOf(route('required', 'required'), route('optional', 'optional'), route('none', 'none')),
  });
  const code = async (path: string, key?: string, method = 'POST'): Promise<string | number> => {
    const answer = await fetch(`${own.url}/${path}`, {
      method,
      headers: key === undefined ? {} : { 'idempotency-key': key },
    });
    return answer.ok ? answer.status : ((await answer.json()) as { code: string }).code;
  };
  assert.equal(await code('required'), 'PM_COMMON_IDEMPOTENCY_KEY_REQUIRED');
  assert.equal(await code('required', '"8e03978e"'), 200);
  assert.equal(await code('required', undefined, 'GET'), 200);
  for (const bad of ['unquoted', '""', '"unterminated', '5', `"${'x'.repeat(256)}"`]) {
    assert.equal(await code('optional', bad), 'PM_COMMON_IDEMPOTENCY_KEY_INVALID', bad);
  }
  assert.equal(await code('optional'), 200);
  assert.equal(await code('none', 'anything'), 200);
});

test('deprecated routes say so', async (t) => {
  const own = await world.startGateway(t, {
    routes: routesOf({
      id: 'old',
      match: { path: '/old' },
      upstream: { service: 'search' },
      auth: { modes: ['none'] },
      lifecycle: { deprecatedAt: '2026-12-01', sunset: '2027-06-01', successor: '/new' },
    }),
  });
  const answer = await fetch(`${own.url}/old`);
  assert.equal(answer.headers.get('deprecation'), '@1796083200');
  assert.equal(answer.headers.get('sunset'), 'Tue, 01 Jun 2027 00:00:00 GMT');
  assert.equal(answer.headers.get('link'), '</new>; rel="successor-version"');
});
