import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { waitFor } from '@peermesh/testkit';
import { decodeProtectedHeader } from 'jose';
import { type AuthFixture, startAuth } from './auth-fixture.ts';

const LIMIT_MS = 1000;

let auth: AuthFixture;
let other: ChildProcess;
let otherUrl: string;

before(async () => {
  auth = await startAuth();
  const address = await auth.service.app.listen({ host: '127.0.0.1', port: 0 });
  const script = fileURLToPath(new URL('./enforcement-point.ts', import.meta.url));
  const args = ['--conditions=@peermesh/source', script, auth.nats.url, `${address}/api/v1/.well-known/jwks.json`];
  other = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  otherUrl = await new Promise<string>((resolve, reject) => {
    other.stdout?.once('data', (chunk: Buffer) => resolve(chunk.toString().trim()));
    other.once('exit', (code) => reject(new Error(`the other process ended with ${code}`)));
  });
});
after(async () => {
  other.kill('SIGKILL');
  await auth.stop();
});

const statusAt = async (token: string): Promise<number> => {
  const response = await fetch(`${otherUrl}/api/v1/whoami`, { headers: { authorization: `Bearer ${token}` } });
  await response.body?.cancel();
  return response.status;
};

/** Milliseconds from before the revocation was asked for until the other process refuses the token. */
async function timeToRefusal(token: string, revoke: () => Promise<unknown>): Promise<number> {
  assert.equal(await statusAt(token), 204);
  const start = performance.now();
  await revoke();
  await waitFor(async () => (await statusAt(token)) === 401, { intervalMs: 5 });
  return performance.now() - start;
}

const cases: [string, () => Promise<{ token: string; revoke: () => Promise<unknown> }>][] = [
  [
    'a session that logs out',
    async () => {
      const { accessToken: token } = await auth.newcomer();
      return { token, revoke: () => auth.call('POST', '/api/v1/auth/logout', { token }) };
    },
  ],
  [
    'a session that is revoked',
    async () => {
      const { accessToken: token, sessionId } = await auth.newcomer();
      return { token, revoke: () => auth.call('DELETE', `/api/v1/sessions/${sessionId}`, { token }) };
    },
  ],
  [
    'a user who is disabled',
    async () => {
      const { accessToken: admin } = await auth.logIn();
      const { accessToken: token, user } = await auth.newcomer();
      const body = { status: 'disabled' };
      return { token, revoke: () => auth.call('PATCH', `/api/v1/users/${user.id}`, { token: admin, body }) };
    },
  ],
  [
    'a user who is deleted',
    async () => {
      const { accessToken: admin } = await auth.logIn();
      const { accessToken: token, user } = await auth.newcomer();
      return { token, revoke: () => auth.call('DELETE', `/api/v1/users/${user.id}`, { token: admin }) };
    },
  ],
  [
    'an API key that is revoked',
    async () => {
      const { accessToken } = await auth.newcomer();
      const body = { name: 'robot', scopes: ['content:read'] };
      const key = await auth.call('POST', '/api/v1/api-keys', { token: accessToken, body });
      const exchange = await auth.call('POST', '/api/v1/auth/api-keys/exchange', { body: { apiKey: key.body.key } });
      const token = exchange.body.accessToken;
      return { token, revoke: () => auth.call('DELETE', `/api/v1/api-keys/${key.body.id}`, { token: accessToken }) };
    },
  ],
  [
    'a signing key that is revoked',
    async () => {
      const { accessToken: admin } = await auth.logIn();
      const { accessToken: token } = await auth.newcomer();
      const { kid } = decodeProtectedHeader(token);
      return { token, revoke: () => auth.call('DELETE', `/api/v1/auth/signing-keys/${kid}`, { token: admin }) };
    },
  ],
];
for (const [name, arrange] of cases) {
  test(`${name} is refused by another process within a second`, async (t) => {
    const { token, revoke } = await arrange();
    const elapsedMs = await timeToRefusal(token, revoke);
    t.diagnostic(`${Math.round(elapsedMs)} ms`);
    assert.ok(elapsedMs < LIMIT_MS, `${elapsedMs} ms`);
  });
}

test('of 40 sessions every one is refused within a second', async (t) => {
  const { accessToken, user } = await auth.newcomer();
  const sessions = await Promise.all(
    Array.from({ length: 40 }, () => auth.logIn({ email: user.email, password: 'a long enough user password' })),
  );
  for (const session of sessions) assert.equal(await statusAt(session.accessToken), 204);
  const start = performance.now();
  await auth.call('DELETE', '/api/v1/sessions', { token: accessToken });
  await waitFor(async () =>
    (await Promise.all(sessions.map((session) => statusAt(session.accessToken)))).every((status) => status === 401),
  );
  const elapsedMs = performance.now() - start;
  t.diagnostic(`${Math.round(elapsedMs)} ms`);
  assert.ok(elapsedMs < LIMIT_MS, `${elapsedMs} ms`);
});

test('a replica of auth follows too', async () => {
  const replica = await auth.replica();
  const { call } = await import('./auth-fixture.ts');
  const { accessToken: token } = await auth.newcomer();
  assert.equal((await call(replica, 'GET', '/api/v1/users/me', { token })).status, 200);
  await auth.call('POST', '/api/v1/auth/logout', { token });
  await waitFor(async () => (await call(replica, 'GET', '/api/v1/users/me', { token })).status === 401, {
    timeoutMs: LIMIT_MS,
  });
});

test('a revocation during an outage of the broker holds when it is back', async () => {
  const { accessToken: token } = await auth.newcomer();
  assert.equal(await statusAt(token), 204);
  await auth.nats.kill();
  assert.equal((await auth.call('POST', '/api/v1/auth/logout', { token })).status, 204);
  await auth.nats.restart();
  await waitFor(async () => (await statusAt(token)) === 401, { timeoutMs: 60_000 });
});
