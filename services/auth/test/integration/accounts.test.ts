import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { ADMIN, type AuthFixture, freshIp, PASSWORD, startAuth } from './auth-fixture.ts';

let auth: AuthFixture;
before(async () => {
  auth = await startAuth();
});
after(() => auth.stop());

test('somebody registers, logs in, and sees the own profile', async () => {
  const body = { email: 'Ada@Example.org', password: PASSWORD, displayName: 'Ada' };
  const registered = await auth.call('POST', '/api/v1/auth/register', { body, ip: freshIp() });
  assert.deepEqual([registered.status, registered.body], [202, { status: 'accepted' }]);
  const tokens = await auth.logIn({ email: 'ada@example.ORG', password: PASSWORD });
  const claims = decodeJwt(tokens.accessToken);
  const { sub, role, iss, aud, iat, exp, sid, jti, tenant } = claims;
  assert.deepEqual([role, iss, aud, tenant, sid], ['user', 'peermesh-auth', 'peermesh', 'default', tokens.sessionId]);
  assert.equal(Number(exp) - Number(iat), 900);
  assert.ok(jti);
  assert.equal(decodeProtectedHeader(tokens.accessToken).alg, 'EdDSA');
  const me = await auth.call('GET', '/api/v1/users/me', { token: tokens.accessToken });
  assert.equal(me.status, 200);
  assert.deepEqual([me.body.id, me.body.email, me.body.displayName], [sub, 'Ada@Example.org', 'Ada']);
  assert.ok(!('passwordHash' in me.body) && !('password_hash' in me.body));
});

test('registering a taken address looks like registering a free one, and changes nothing', async () => {
  const tokens = await auth.newcomer();
  const body = { email: tokens.user.email.toUpperCase(), password: 'another long password' };
  const again = await auth.call('POST', '/api/v1/auth/register', { body, ip: freshIp() });
  assert.deepEqual([again.status, again.body], [202, { status: 'accepted' }]);
  const stranger = await auth.call('POST', '/api/v1/auth/login', { body, ip: freshIp() });
  assert.equal(stranger.status, 401);
});

test('an unknown user, a wrong password and a disabled user get the same answer', async () => {
  const { accessToken: admin } = await auth.logIn();
  const disabled = await auth.newcomer();
  const known = await auth.newcomer();
  await auth.call('PATCH', `/api/v1/users/${disabled.user.id}`, { token: admin, body: { status: 'disabled' } });
  const answers = [];
  for (const body of [
    { email: 'nobody@example.org', password: PASSWORD },
    { email: known.user.email, password: 'wrong wrong wrong' },
    { email: disabled.user.email, password: PASSWORD },
  ]) {
    const headers = { 'x-request-id': 'the-same-request' };
    const answer = await auth.call('POST', '/api/v1/auth/login', { body, headers, ip: freshIp() });
    answers.push(JSON.stringify([answer.status, answer.body]));
  }
  assert.equal(new Set(answers).size, 1, answers.join('\n'));
  assert.match(answers[0] ?? '', /PM_AUTH_CREDENTIALS_INVALID/);
});

const bad: [string, unknown, number, string][] = [
  ['no email', { password: PASSWORD }, 400, 'PM_COMMON_VALIDATION_FAILED'],
  ['an email that is none', { email: 'ada', password: PASSWORD }, 400, 'PM_COMMON_VALIDATION_FAILED'],
  ['a short password', { email: 'a@b.org', password: 'short' }, 400, 'PM_COMMON_VALIDATION_FAILED'],
  ['a password without end', { email: 'a@b.org', password: 'x'.repeat(257) }, 400, 'PM_COMMON_VALIDATION_FAILED'],
  [
    'a role of one’s own choice',
    { email: 'a@b.org', password: PASSWORD, role: 'admin' },
    400,
    'PM_COMMON_VALIDATION_FAILED',
  ],
  ['a common password', { email: 'a@b.org', password: 'Password123!' }, 422, 'PM_AUTH_PASSWORD_WEAK'],
  ['the address as password', { email: 'margaret@b.org', password: 'margaret@b.org' }, 422, 'PM_AUTH_PASSWORD_WEAK'],
  [
    'a control character in the name',
    { email: 'a@b.org', password: PASSWORD, displayName: 'a\nb' },
    400,
    'PM_COMMON_VALIDATION_FAILED',
  ],
];
for (const [name, body, status, code] of bad) {
  test(`registration with ${name} is refused with ${status}`, async () => {
    const answer = await auth.call('POST', '/api/v1/auth/register', { body, ip: freshIp() });
    assert.deepEqual([answer.status, answer.body.code], [status, code]);
  });
}

test('a tenant that does not exist takes nobody in', async () => {
  const body = { email: 'lost@example.org', password: PASSWORD, tenant: 'nowhere' };
  assert.equal((await auth.call('POST', '/api/v1/auth/register', { body, ip: freshIp() })).status, 202);
  assert.equal((await auth.call('POST', '/api/v1/auth/login', { body, ip: freshIp() })).status, 401);
});

test('administrators create, list, filter, change, disable and delete users', async () => {
  const { accessToken: token } = await auth.logIn();
  const body = { email: 'grace@example.org', password: PASSWORD, displayName: 'Grace', role: 'moderator' };
  const created = await auth.call('POST', '/api/v1/users', { token, body });
  assert.equal(created.status, 201, JSON.stringify(created.body));
  assert.equal(created.headers['location'], `/api/v1/users/${created.body.id}`);
  const path = `/api/v1/users/${created.body.id}`;
  assert.equal((await auth.call('POST', '/api/v1/users', { token, body })).body.code, 'PM_AUTH_EMAIL_TAKEN');

  const found = await auth.call('GET', '/api/v1/users?search=GRACE&role=moderator&status=active', { token });
  assert.deepEqual([found.body.total, found.body.items[0].id], [1, created.body.id]);
  const wildcard = await auth.call('GET', '/api/v1/users?search=%25', { token });
  assert.equal(wildcard.body.total, 0, 'a percent sign is a character, not a pattern');
  const beyond = await auth.call('GET', '/api/v1/users?page=1000&limit=10', { token });
  assert.deepEqual([beyond.status, beyond.body.items], [200, []]);
  assert.ok(beyond.body.total > 0);

  const changed = await auth.call('PATCH', path, { token, body: { displayName: null, version: 1 } });
  assert.deepEqual([changed.status, changed.body.displayName, changed.body.version], [200, null, 2]);
  const stale = await auth.call('PATCH', path, { token, body: { displayName: 'G', version: 1 } });
  assert.deepEqual([stale.status, stale.body.code, stale.body.currentVersion], [409, 'PM_COMMON_VERSION_CONFLICT', 2]);
  const taken = await auth.call('PATCH', path, { token, body: { email: ADMIN.email } });
  assert.deepEqual([taken.status, taken.body.code], [409, 'PM_AUTH_EMAIL_TAKEN']);
  const unknownRole = await auth.call('PATCH', path, { token, body: { role: 'emperor' } });
  assert.deepEqual([unknownRole.status, unknownRole.body.code], [422, 'PM_AUTH_ROLE_UNKNOWN']);

  assert.equal((await auth.call('DELETE', path, { token })).status, 204);
  assert.equal((await auth.call('GET', path, { token })).status, 404);
  assert.equal((await auth.call('DELETE', path, { token })).status, 404);
});

test('the same Idempotency-Key creates one user', async () => {
  const { accessToken: token } = await auth.logIn();
  const body = { email: 'once@example.org', password: PASSWORD };
  const headers = { 'idempotency-key': '"create-once"' };
  const first = await auth.call('POST', '/api/v1/users', { token, body, headers });
  const second = await auth.call('POST', '/api/v1/users', { token, body, headers });
  assert.deepEqual([first.status, second.status], [201, 201]);
  assert.deepEqual(second.body, first.body);
  assert.equal(second.headers['idempotency-replayed'], 'true');
  const other = await auth.call('POST', '/api/v1/users', { token, body: { ...body, role: 'admin' }, headers });
  assert.equal(other.status, 422);
});

test('a user may not do what administrators do', async () => {
  const { accessToken: token, user } = await auth.newcomer();
  for (const [method, path] of [
    ['GET', '/api/v1/users'],
    ['GET', `/api/v1/users/${user.id}`],
    ['DELETE', `/api/v1/users/${user.id}`],
    ['GET', '/api/v1/decisions'],
    ['GET', '/api/v1/auth/signing-keys'],
    ['POST', '/api/v1/auth/signing-keys/rotate'],
    ['GET', `/api/v1/sessions?userId=${'usr_0198b0c2f1a27cc3a1b2c3d4e5f60718'}`],
  ] as const) {
    const answer = await auth.call(method, path, { token });
    assert.deepEqual([answer.status, answer.body.code], [403, 'PM_COMMON_FORBIDDEN'], `${method} ${path}`);
  }
});

test('the last administrator can neither be demoted, disabled nor deleted', async () => {
  const { accessToken: token, user } = await auth.logIn();
  const path = `/api/v1/users/${user.id}`;
  for (const attempt of [
    auth.call('PATCH', path, { token, body: { role: 'user' } }),
    auth.call('PATCH', path, { token, body: { status: 'disabled' } }),
    auth.call('DELETE', path, { token }),
  ]) {
    const answer = await attempt;
    assert.deepEqual([answer.status, answer.body.code], [409, 'PM_AUTH_LAST_ADMIN']);
  }
});

test('two administrators cannot remove each other at the same time', async () => {
  const { accessToken: token, user: first } = await auth.logIn();
  const body = { email: 'second-admin@example.org', password: PASSWORD, role: 'admin' };
  const second = await auth.call('POST', '/api/v1/users', { token, body });
  const answers = await Promise.all(
    [first.id, second.body.id].map((id) =>
      auth.call('PATCH', `/api/v1/users/${id}`, { token, body: { role: 'moderator' } }),
    ),
  );
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409]);
  const survivor = answers[0]?.status === 409 ? ADMIN : body;
  const { accessToken } = await auth.logIn({ email: survivor.email, password: survivor.password });
  for (const id of [first.id, second.body.id]) {
    await auth.call('PATCH', `/api/v1/users/${id}`, { token: accessToken, body: { role: 'admin' } });
  }
});

test('own roles inherit, reach the token, and cannot form a circle', async () => {
  const { accessToken: token } = await auth.logIn();
  const put = (name: string, inherits: string) =>
    auth.call('PUT', `/api/v1/roles/${name}`, { token, body: { inherits } });
  assert.equal((await put('editor', 'user')).status, 201);
  assert.equal((await put('chief-editor', 'editor')).status, 201);
  assert.equal((await put('editor', 'chief-editor')).body.code, 'PM_COMMON_UNPROCESSABLE');
  assert.equal((await put('admin', 'user')).body.code, 'PM_AUTH_ROLE_BUILT_IN');
  assert.equal((await put('x-role', 'nothing')).body.code, 'PM_AUTH_ROLE_UNKNOWN');

  const { user } = await auth.newcomer();
  await auth.call('PATCH', `/api/v1/users/${user.id}`, { token, body: { role: 'chief-editor' } });
  const { accessToken } = await auth.logIn({ email: user.email, password: PASSWORD });
  assert.deepEqual(decodeJwt(accessToken)['roles'], ['chief-editor', 'editor', 'user']);
  assert.equal((await auth.call('GET', '/api/v1/users/me', { token: accessToken })).status, 200);
  assert.equal((await auth.call('GET', '/api/v1/users', { token: accessToken })).status, 403);

  assert.equal((await put('editor', 'admin')).status, 200);
  assert.equal(
    (await auth.call('GET', '/api/v1/users/me', { token: accessToken })).status,
    401,
    'the old meaning is void',
  );
  const { accessToken: lifted } = await auth.logIn({ email: user.email, password: PASSWORD });
  assert.equal((await auth.call('GET', '/api/v1/users', { token: lifted })).status, 200);

  assert.equal((await auth.call('DELETE', '/api/v1/roles/chief-editor', { token })).body.code, 'PM_AUTH_ROLE_IN_USE');
  assert.equal((await auth.call('DELETE', '/api/v1/roles/editor', { token })).body.code, 'PM_AUTH_ROLE_IN_USE');
  await auth.call('PATCH', `/api/v1/users/${user.id}`, { token, body: { role: 'user' } });
  assert.equal((await auth.call('DELETE', '/api/v1/roles/chief-editor', { token })).status, 204);
  const { body } = await auth.call('GET', '/api/v1/roles', { token });
  assert.deepEqual(
    body.items.map((role: { name: string }) => role.name),
    ['user', 'moderator', 'admin', 'editor'],
  );
});

test('registration can be closed', async () => {
  const closed = await auth.replica({ REGISTRATION: 'closed' });
  const { call } = await import('./auth-fixture.ts');
  const body = { email: 'late@example.org', password: PASSWORD };
  const answer = await call(closed, 'POST', '/api/v1/auth/register', { body, ip: freshIp() });
  assert.deepEqual([answer.status, answer.body.code], [403, 'PM_AUTH_REGISTRATION_CLOSED']);
});

test('the service describes itself', async () => {
  const { body } = await auth.call('GET', '/api/v1/openapi.json');
  assert.ok(body.paths['/api/v1/auth/login'].post);
  assert.equal((await auth.call('GET', '/health/ready')).status, 200);
});
