import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, beforeEach, test } from 'node:test';
import { newId } from '@peermesh/contracts';
import { DecisionLogged } from '@peermesh/contracts/events';
import { createDatabase } from '@peermesh/database';
import { silentLogger, waitFor } from '@peermesh/testkit';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import pg from 'pg';
import { buildApp } from '../../src/app.ts';
import { loadAuthConfig } from '../../src/config.ts';
import { ensureFirstAdmin } from '../../src/usecases/first-admin.ts';
import { ADMIN, type AuthFixture, call, PASSWORD, startAuth } from './auth-fixture.ts';

const DAY_MS = 86_400_000;

let auth: AuthFixture;
let offsetMs = 0;
before(async () => {
  auth = await startAuth({ clock: () => new Date(Date.now() + offsetMs) });
});
beforeEach(() => {
  offsetMs = 0;
});
after(() => auth.stop());

const me = (token: string) => auth.call('GET', '/api/v1/users/me', { token });
const exchange = (apiKey: string) => auth.call('POST', '/api/v1/auth/api-keys/exchange', { body: { apiKey } });
const createKey = (token: string, over: Record<string, unknown> = {}) =>
  auth.call('POST', '/api/v1/api-keys', { token, body: { name: 'robot', scopes: ['account:read'], ...over } });

test('an API key is shown once, and becomes a short token with its scopes', async () => {
  const { accessToken, user } = await auth.newcomer();
  const created = await createKey(accessToken, { scopes: ['account:read', 'content:read'] });
  assert.equal(created.status, 201, JSON.stringify(created.body));
  assert.match(created.body.key, /^pm_live_[0-9A-Za-z]{38}$/);
  assert.ok(created.body.key.startsWith(created.body.prefix));
  const shown = await auth.call('GET', `/api/v1/api-keys/${created.body.id}`, { token: accessToken });
  assert.ok(!JSON.stringify(shown.body).includes(created.body.key));
  const stored = await auth.rows('SELECT * FROM auth.auth_api_keys');
  assert.ok(!JSON.stringify(stored).includes(created.body.key));

  const { status, body } = await exchange(created.body.key);
  assert.equal(status, 200);
  const claims = decodeJwt(body.accessToken);
  assert.deepEqual(
    [claims.sub, claims['kind'], claims['scope'], claims['kid'], Number(claims.exp) - Number(claims.iat)],
    [user.id, 'api_key', 'account:read content:read', created.body.id, 120],
  );
  assert.equal((await auth.call('GET', '/api/v1/sessions', { token: body.accessToken })).status, 200);
  assert.equal((await auth.call('DELETE', '/api/v1/sessions', { token: body.accessToken })).status, 403);
});

test('a key never makes a key that may do more', async () => {
  const { accessToken } = await auth.newcomer();
  const { body } = await createKey(accessToken, { scopes: ['account:write', 'content:read'] });
  const { accessToken: limited } = (await exchange(body.key)).body;
  const wider = await createKey(limited, { scopes: ['content:read', 'content:write'] });
  assert.deepEqual([wider.status, wider.body.code], [403, 'PM_AUTH_SCOPE_EXCEEDED']);
  assert.equal((await createKey(limited, { scopes: ['content:read'] })).status, 201);
});

test('keys that are malformed, unknown, expired, revoked or of a disabled user are refused alike', async () => {
  const { accessToken: admin } = await auth.logIn();
  const { accessToken, user } = await auth.newcomer();
  const good = (await createKey(accessToken)).body;
  const revoked = (await createKey(accessToken)).body;
  const expiring = (await createKey(accessToken, { expiresAt: new Date(Date.now() + 60_000).toISOString() })).body;
  await auth.call('DELETE', `/api/v1/api-keys/${revoked.id}`, { token: accessToken });
  const mistyped = `${good.key.slice(0, 20)}${good.key[20] === 'A' ? 'B' : 'A'}${good.key.slice(21)}`;
  offsetMs = 61_000;
  for (const key of [mistyped, `pm_live_${'A'.repeat(38)}`, 'x'.repeat(46), revoked.key, expiring.key]) {
    const answer = await exchange(key);
    assert.deepEqual([answer.status, answer.body.code], [401, 'PM_AUTH_API_KEY_INVALID'], key);
  }
  offsetMs = 0;
  assert.equal((await exchange(good.key)).status, 200);
  await auth.call('PATCH', `/api/v1/users/${user.id}`, { token: admin, body: { status: 'disabled' } });
  assert.equal((await exchange(good.key)).status, 401);
});

test('keys cannot expire in the past, and a user has a limited number of them', async () => {
  const { accessToken } = await auth.newcomer();
  const past = await createKey(accessToken, { expiresAt: '2020-01-01T00:00:00Z' });
  assert.deepEqual([past.status, past.body.code], [422, 'PM_COMMON_UNPROCESSABLE']);
  const answers = await Promise.all(Array.from({ length: 55 }, () => createKey(accessToken)));
  assert.equal(answers.filter(({ status }) => status === 201).length, 50);
  assert.ok(answers.every(({ status, body }) => status === 201 || body.code === 'PM_AUTH_API_KEY_LIMIT'));
});

test('last use is written in batches', async () => {
  const { accessToken } = await auth.newcomer();
  const { body } = await createKey(accessToken);
  await exchange(body.key);
  const shown = () => auth.call('GET', `/api/v1/api-keys/${body.id}`, { token: accessToken });
  assert.equal((await shown()).body.lastUsedAt, null);
  await waitFor(async () => (await shown()).body.lastUsedAt !== null, { timeoutMs: 15_000, intervalMs: 200 });
});

test('somebody else’s key looks like none; an administrator sees and revokes it', async () => {
  const { accessToken: admin } = await auth.logIn();
  const [mine, theirs] = [await auth.newcomer(), await auth.newcomer()];
  const { body } = await createKey(theirs.accessToken);
  const path = `/api/v1/api-keys/${body.id}`;
  assert.equal((await auth.call('GET', path, { token: mine.accessToken })).status, 404);
  assert.equal((await auth.call('DELETE', path, { token: mine.accessToken })).status, 404);
  assert.equal(
    (await auth.call('GET', `/api/v1/api-keys?userId=${theirs.user.id}`, { token: mine.accessToken })).status,
    403,
  );
  assert.equal((await auth.call('GET', `/api/v1/api-keys?userId=${theirs.user.id}`, { token: admin })).body.total, 1);
  assert.equal((await auth.call('DELETE', path, { token: admin })).status, 204);
  assert.equal((await exchange(body.key)).status, 401);
});

const jwks = async (): Promise<{ kid: string; alg: string; d?: string }[]> =>
  (await auth.call('GET', '/api/v1/.well-known/jwks.json')).body.keys;
const keyStates = async (token: string) =>
  (await auth.call('GET', '/api/v1/auth/signing-keys', { token })).body.items as {
    kid: string;
    state: string;
    algorithm: string;
  }[];

test('the key set has the active and the next key of both algorithms, and nothing private', async () => {
  const keys = await jwks();
  assert.deepEqual(keys.map(({ alg }) => alg).sort(), ['ES256', 'ES256', 'EdDSA', 'EdDSA']);
  assert.ok(keys.every((key) => !('d' in key)));
  const stored = await auth.rows('SELECT private_sealed FROM auth.auth_signing_keys');
  assert.ok(stored.every(({ private_sealed }) => private_sealed[0] === 1 && !private_sealed.includes('PRIVATE')));
});

test('rotation: old tokens stay good while the key retires, then the key leaves the set', async () => {
  const { accessToken: admin } = await auth.logIn();
  const { accessToken: before } = await auth.newcomer();
  const rotated = await auth.call('POST', '/api/v1/auth/signing-keys/rotate', { token: admin });
  assert.equal(rotated.status, 200);
  const { accessToken: after } = await auth.newcomer();
  const [oldKid, newKid] = [decodeProtectedHeader(before).kid, decodeProtectedHeader(after).kid];
  assert.notEqual(oldKid, newKid);
  assert.deepEqual([(await me(before)).status, (await me(after)).status], [200, 200]);
  const states = new Map((await keyStates(admin)).map(({ kid, state }) => [kid, state]));
  assert.deepEqual([states.get(oldKid ?? ''), states.get(newKid ?? '')], ['retiring', 'active']);
  const [erased] = await auth.rows('SELECT private_sealed FROM auth.auth_signing_keys WHERE kid = $1', [oldKid]);
  assert.equal(erased.private_sealed, null);

  offsetMs = 15 * 60_000 + 3_600_000 + 1000;
  const later = await auth.logIn();
  await auth.call('POST', '/api/v1/auth/signing-keys/rotate', { token: later.accessToken });
  assert.ok(!(await jwks()).some(({ kid }) => kid === oldKid));
});

test('keys rotate by themselves after 30 days', async () => {
  const replica = await auth.replica();
  const kidsBefore = (await jwks()).map(({ kid }) => kid);
  offsetMs = 31 * DAY_MS;
  const late = await buildApp(loadAuthConfig({ ...auth.env, INSTANCE_ID: 'auth-3' }), {
    logger: silentLogger(),
    clock: () => new Date(Date.now() + offsetMs),
  });
  const { body } = await call(late, 'GET', '/api/v1/.well-known/jwks.json');
  const fresh = body.keys.filter(({ kid }: { kid: string }) => !kidsBefore.includes(kid));
  assert.equal(fresh.length, 2, 'one new next key for each algorithm');
  await late.app.close();
  assert.equal((await call(replica, 'GET', '/health/live')).status, 200);
});

test('a revoked signing key is void at once, and the next takes over', async () => {
  await auth.service.app.inject('/health/live');
  const { accessToken: admin } = await auth.logIn();
  const { accessToken } = await auth.newcomer();
  const { kid } = decodeProtectedHeader(accessToken);
  assert.equal((await auth.call('DELETE', `/api/v1/auth/signing-keys/${kid}`, { token: admin })).status, 204);
  assert.equal((await me(accessToken)).status, 401);
  assert.ok(!(await jwks()).some((key) => key.kid === kid));
  const { accessToken: again } = await auth.newcomer();
  assert.equal((await me(again)).status, 200);
  const { accessToken: adminAgain } = await auth.logIn();
  const path = `/api/v1/auth/signing-keys/${kid}`;
  assert.equal((await auth.call('DELETE', path, { token: adminAgain })).status, 404);
});

test('ES256 can sign', async () => {
  const replica = await auth.replica({ SIGNING_ALGORITHM: 'ES256' });
  const { body } = await call(replica, 'POST', '/api/v1/auth/login', { body: ADMIN });
  assert.equal(decodeProtectedHeader(body.accessToken).alg, 'ES256');
  assert.equal((await me(body.accessToken)).status, 200);
});

test('another encryption key is noticed at start', async () => {
  const config = loadAuthConfig({ ...auth.env, AUTH_KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64') });
  await assert.rejects(buildApp(config, { logger: silentLogger() }), /AUTH_KEY_ENCRYPTION_KEY is not the key/);
});

test('the decision log has logins, failures and denials, and can be searched', async () => {
  const { accessToken: token } = await auth.logIn();
  const user = await auth.newcomer();
  await auth.call('POST', '/api/v1/auth/login', { body: { email: user.user.email, password: 'wrong wrong wrong' } });
  await auth.call('GET', '/api/v1/users', { token: user.accessToken });
  const path = `/api/v1/decisions?actor=${user.user.id}`;
  const list = () => auth.call('GET', path, { token });
  await waitFor(async () =>
    (await list()).body.items.some((entry: { action: string }) => entry.action === 'user.read'),
  );
  const { body } = await list();
  const seen = body.items.map((entry: { action: string; allowed: boolean; reason: string }) => [
    entry.action,
    entry.allowed,
    entry.reason,
  ]);
  for (const expected of [
    ['user.register', true, 'registered'],
    ['session.open', true, 'password'],
    ['session.open', false, 'password_wrong'],
    ['user.read', false, 'role_too_low'],
  ]) {
    assert.ok(
      seen.some((entry: unknown) => JSON.stringify(entry) === JSON.stringify(expected)),
      JSON.stringify(seen),
    );
  }
  const denied = await auth.call('GET', `${path}&allowed=false&kind=authorization`, { token });
  assert.equal(denied.body.total, 1);
  const one = await auth.call('GET', `/api/v1/decisions/${denied.body.items[0].id}`, { token });
  assert.equal(one.body.resource, 'GET /api/v1/users');
  const none = await auth.call('GET', `${path}&from=2999-01-01T00:00:00Z`, { token });
  assert.equal(none.body.total, 0);
  assert.equal((await auth.call('GET', '/api/v1/decisions?from=yesterday', { token })).status, 400);
});

test('privileged actions are in the log too', async () => {
  const { accessToken: token, user } = await auth.logIn();
  const { user: target } = await auth.newcomer();
  await auth.call('PATCH', `/api/v1/users/${target.id}`, { token, body: { displayName: 'Renamed' } });
  const path = `/api/v1/decisions?actor=${user.id}&action=user.write&allowed=true`;
  await waitFor(async () =>
    (await auth.call('GET', path, { token })).body.items.some((entry: { resource: string }) =>
      entry.resource.endsWith(target.id),
    ),
  );
});

test('decisions of other services arrive', async () => {
  const { accessToken: token } = await auth.logIn();
  const { connectNats, createBus } = await import('@peermesh/messaging');
  const { migrate } = await import('@peermesh/database');
  const search = auth.database.urlsOf('search');
  const migrationsDir = new URL('./migrations/', import.meta.url);
  await migrate({ url: search.ownerUrl, schema: 'search', migrationsDir, logger: silentLogger() });
  const db = createDatabase({ url: search.appUrl, schema: 'search', applicationName: 'test', logger: silentLogger() });
  const nats = await connectNats({ url: auth.nats.url, name: 'search', logger: silentLogger() });
  const bus = createBus({
    module: 'search',
    instance: 's',
    db,
    databaseUrl: search.appUrl,
    nats,
    logger: silentLogger(),
  });
  await bus.start();
  const data = {
    decisionId: newId('decision'),
    kind: 'authorization' as const,
    actor: 'usr_somebody',
    action: 'document.delete',
    resource: 'DELETE /api/v1/documents/doc_1',
    allowed: false,
    reason: 'role_too_low',
    service: 'search',
    ip: '203.0.113.9',
    requestId: 'request-1',
    occurredAt: new Date().toISOString(),
  };
  await db.system((tx) => bus.publish(tx, DecisionLogged, data, { tenantId: 'default', partitionKey: 'usr_somebody' }));
  const found = () => auth.call('GET', `/api/v1/decisions?service=search`, { token });
  await waitFor(async () => (await found()).body.total === 1);
  await bus.stop();
  await nats.close();
  await db.close();
});

const asRole = async <T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};
const REFUSED = { code: '42501' };

test('nobody changes or deletes decisions, and the role of the service has no way to', async () => {
  await asRole(auth.database.appUrl, async (client) => {
    await client.query("SELECT set_config('app.system', 'on', false)");
    const { rows } = await client.query('SELECT count(*)::int AS decisions FROM auth_decisions');
    assert.ok(rows[0].decisions > 0);
    for (const statement of [
      'UPDATE auth_decisions SET allowed = true',
      'DELETE FROM auth_decisions',
      'TRUNCATE auth_decisions',
      'DROP TABLE auth_decisions',
      'ALTER TABLE auth_decisions DISABLE TRIGGER ALL',
    ]) {
      await assert.rejects(client.query(statement), REFUSED, statement);
    }
    const partition = `auth_decisions_y${new Date().toISOString().slice(0, 4)}m${new Date().toISOString().slice(5, 7)}`;
    await assert.rejects(client.query(`SELECT * FROM ${partition}`), REFUSED);
    await assert.rejects(client.query(`DELETE FROM ${partition}`), REFUSED);
  });
  await asRole(auth.database.adminUrl, async (client) => {
    await assert.rejects(client.query('DELETE FROM auth.auth_decisions'), REFUSED);
    await assert.rejects(client.query('UPDATE auth.auth_decisions SET allowed = true'), REFUSED);
  });
});

test('roles are refused on each other’s tables', async () => {
  const tables = await auth.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'auth'");
  assert.ok(tables.length > 10);
  await asRole(auth.database.urlsOf('search').appUrl, async (client) => {
    for (const { tablename } of tables) {
      await assert.rejects(client.query(`SELECT 1 FROM auth.${tablename}`), REFUSED, tablename);
      await assert.rejects(client.query(`DELETE FROM auth.${tablename}`), REFUSED, tablename);
    }
  });
  await asRole(auth.database.appUrl, async (client) => {
    await assert.rejects(client.query('SELECT 1 FROM search.search_outbox'), REFUSED);
    await assert.rejects(client.query('CREATE TABLE auth.mine (id int)'), REFUSED);
  });
});

test('tenants do not see each other', async () => {
  await auth.rows("INSERT INTO auth.auth_tenants (id) VALUES ('acme')");
  const url = auth.database.ownerUrl;
  await ensureFirstAdmin({ url, tenantId: 'acme', email: ADMIN.email, password: PASSWORD, logger: silentLogger() });
  const { body: acme } = await auth.call('POST', '/api/v1/auth/login', {
    body: { email: ADMIN.email, password: PASSWORD, tenant: 'acme' },
  });
  const home = await auth.newcomer();
  const token = acme.accessToken;
  const users = await auth.call('GET', '/api/v1/users', { token });
  assert.deepEqual(
    users.body.items.map(({ tenantId }: { tenantId: string }) => tenantId),
    ['acme'],
  );
  for (const [method, path] of [
    ['GET', `/api/v1/users/${home.user.id}`],
    ['DELETE', `/api/v1/users/${home.user.id}`],
    ['DELETE', `/api/v1/sessions/${home.sessionId}`],
  ] as const) {
    assert.equal((await auth.call(method, path, { token })).status, 404, `${method} ${path}`);
  }
  assert.equal((await auth.call('GET', `/api/v1/sessions?userId=${home.user.id}`, { token })).body.total, 0);
  assert.ok(
    (await auth.call('GET', '/api/v1/decisions', { token })).body.items.every(
      ({ actor }: { actor: string }) => actor === acme.user.id,
    ),
  );
  assert.equal(
    (await auth.call('GET', '/api/v1/auth/signing-keys', { token })).status,
    403,
    'keys belong to the installation',
  );
  assert.equal((await me(home.accessToken)).status, 200);
});

test('the first administrator is made once, and keeps a changed password', async () => {
  const url = auth.database.ownerUrl;
  const again = await ensureFirstAdmin({
    url,
    email: ADMIN.email.toUpperCase(),
    password: 'some other password',
    logger: silentLogger(),
  });
  assert.equal(again.created, false);
  await auth.logIn();
});
