import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { type AuthFixture, freshIp, PASSWORD, startAuth } from './auth-fixture.ts';

let auth: AuthFixture;
let offsetMs = 0;
const clock = (): Date => new Date(Date.now() + offsetMs);
before(async () => {
  auth = await startAuth({ clock });
});
beforeEach(() => {
  offsetMs = 0;
});
after(() => auth.stop());

const refresh = (refreshToken: string) => auth.call('POST', '/api/v1/auth/refresh', { body: { refreshToken } });
const me = (token: string) => auth.call('GET', '/api/v1/users/me', { token });
const tokensOf = async (sessionId: string) =>
  auth.rows('SELECT * FROM auth.auth_refresh_tokens WHERE session_id = $1 ORDER BY generation', [sessionId]);

test('a refresh gives new tokens, and the old refresh token has had its day', async () => {
  const first = await auth.newcomer();
  const second = await refresh(first.refreshToken);
  assert.equal(second.status, 200);
  assert.notEqual(second.body.refreshToken, first.refreshToken);
  assert.equal(second.body.sessionId, first.sessionId);
  assert.equal((await me(second.body.accessToken)).status, 200);
  const third = await refresh(second.body.refreshToken);
  assert.equal(third.status, 200);
});

for (const racers of [2, 5, 20]) {
  test(`${racers} refreshes of one token at once have one successor, and the session lives`, async () => {
    const { refreshToken, sessionId } = await auth.newcomer();
    const answers = await Promise.all(Array.from({ length: racers }, () => refresh(refreshToken)));
    assert.ok(
      answers.every(({ status }) => status === 200),
      JSON.stringify(answers.map(({ status }) => status)),
    );
    assert.equal(new Set(answers.map(({ body }) => body.refreshToken)).size, 1);
    assert.equal(new Set(answers.map(({ body }) => body.accessToken)).size, racers);
    assert.deepEqual(
      (await tokensOf(sessionId)).map(({ generation }) => generation),
      [1, 2],
    );
    assert.equal((await refresh(answers[0]?.body.refreshToken)).status, 200);
  });
}

test('random interleavings of honest tabs never fork the chain or end the session', async () => {
  let seed = 20261121;
  const random = (below: number): number => {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff;
    return seed % below;
  };
  const { refreshToken, sessionId } = await auth.newcomer();
  let known = [refreshToken];
  for (let round = 0; round < 8; round += 1) {
    const tabs = 1 + random(4);
    const answers = await Promise.all(Array.from({ length: tabs }, () => refresh(known[0] ?? '')));
    assert.ok(
      answers.every(({ status }) => status === 200),
      `seed 20261121, round ${round}`,
    );
    known = [...new Set(answers.map(({ body }) => body.refreshToken as string))];
    assert.equal(known.length, 1, `seed 20261121, round ${round}`);
  }
  const chain = await tokensOf(sessionId);
  assert.deepEqual(
    chain.map(({ generation }) => generation),
    Array.from({ length: 9 }, (_, index) => index + 1),
  );
  for (const [index, row] of chain.entries()) {
    assert.deepEqual(row.parent, index === 0 ? null : chain[index - 1]?.hash);
  }
});

test('a token used again after its successor was used ends the session, for thief and owner alike', async () => {
  const first = await auth.newcomer();
  const second = await refresh(first.refreshToken);
  const third = await refresh(second.body.refreshToken);
  assert.equal(third.status, 200);
  const stolen = await refresh(first.refreshToken);
  assert.deepEqual([stolen.status, stolen.body.code], [401, 'PM_AUTH_REFRESH_TOKEN_INVALID']);
  assert.equal((await refresh(third.body.refreshToken)).status, 401);
  assert.equal((await me(third.body.accessToken)).status, 401);
  const { accessToken: admin } = await auth.logIn();
  const { body } = await auth.call(
    'GET',
    `/api/v1/decisions?action=session.refresh&allowed=false&actor=${first.user.id}`,
    { token: admin },
  );
  assert.deepEqual(
    [body.total, body.items[0].reason, body.items[0].resource],
    [1, 'refresh_token_reused', first.sessionId],
  );
});

test('a token used again after the grace time ends the session, although the successor is unused', async () => {
  const first = await auth.newcomer();
  const second = await refresh(first.refreshToken);
  offsetMs = 9_000;
  assert.equal((await refresh(first.refreshToken)).body.refreshToken, second.body.refreshToken);
  offsetMs = 11_000;
  assert.equal((await refresh(first.refreshToken)).status, 401);
  assert.equal((await refresh(second.body.refreshToken)).status, 401);
});

test('of many thieves at once after the grace time none gets anything', async () => {
  const first = await auth.newcomer();
  await refresh(first.refreshToken);
  offsetMs = 11_000;
  const answers = await Promise.all(Array.from({ length: 10 }, () => refresh(first.refreshToken)));
  assert.ok(answers.every(({ status }) => status === 401));
});

const malformed = [
  'pmr_short',
  'x'.repeat(47),
  `pmr_${'!'.repeat(43)}`,
  `pmr_${'A'.repeat(43)}`,
  `pmr_${'A'.repeat(42)}\u00e9`,
];
for (const token of malformed) {
  test(`the refresh token ${token.slice(0, 12)}... is refused`, async () => {
    const answer = await refresh(token);
    assert.ok([400, 401].includes(answer.status), String(answer.status));
  });
}

test('a session ends when idle too long, and at its absolute age', async () => {
  const idle = await auth.newcomer();
  offsetMs = 14 * 86_400_000 + 1000;
  assert.equal((await refresh(idle.refreshToken)).status, 401);
  offsetMs = 0;
  let { refreshToken } = await auth.newcomer();
  for (let day = 10; day <= 80; day += 10) {
    offsetMs = day * 86_400_000;
    const answer = await refresh(refreshToken);
    assert.equal(answer.status, 200, `day ${day}`);
    refreshToken = answer.body.refreshToken;
  }
  offsetMs = 90 * 86_400_000 + 1000;
  assert.equal((await refresh(refreshToken)).status, 401);
});

test('the database alone does not reveal a successor', async () => {
  const { refreshToken, sessionId } = await auth.newcomer();
  const { body } = await refresh(refreshToken);
  for (const row of await tokensOf(sessionId)) {
    for (const value of Object.values(row)) {
      const bytes = Buffer.isBuffer(value) ? value : Buffer.from(String(value));
      assert.ok(!bytes.includes(body.refreshToken) && !bytes.includes(refreshToken));
    }
  }
});

test('sessions are listed and revoked one by one, all, or all but the present one', async () => {
  const one = await auth.newcomer();
  const credentials = { email: one.user.email, password: PASSWORD };
  const two = await auth.logIn(credentials);
  const three = await auth.logIn(credentials);
  const list = await auth.call('GET', '/api/v1/sessions?state=active', { token: one.accessToken });
  assert.equal(list.body.total, 3);
  assert.deepEqual(
    list.body.items.filter((session: { current: boolean }) => session.current).map(({ id }: { id: string }) => id),
    [one.sessionId],
  );

  assert.equal(
    (await auth.call('DELETE', `/api/v1/sessions/${two.sessionId}`, { token: one.accessToken })).status,
    204,
  );
  assert.equal((await me(two.accessToken)).status, 401);
  assert.equal((await refresh(two.refreshToken)).status, 401);
  assert.equal((await me(three.accessToken)).status, 200);

  const rest = await auth.call('DELETE', '/api/v1/sessions?keepCurrent=true', { token: one.accessToken });
  assert.deepEqual(rest.body, { revoked: 1 });
  assert.equal((await me(three.accessToken)).status, 401);
  assert.equal((await me(one.accessToken)).status, 200);
  assert.equal((await auth.call('DELETE', '/api/v1/sessions', { token: one.accessToken })).body.revoked, 1);
  assert.equal((await me(one.accessToken)).status, 401);
});

test('somebody else’s session looks like none', async () => {
  const [mine, theirs] = [await auth.newcomer(), await auth.newcomer()];
  const headers = { 'x-request-id': 'the-same-request' };
  const other = await auth.call('DELETE', `/api/v1/sessions/${theirs.sessionId}`, { token: mine.accessToken, headers });
  const none = await auth.call('DELETE', '/api/v1/sessions/ses_none', { token: mine.accessToken, headers });
  assert.deepEqual([other.status, none.status], [404, 404]);
  assert.deepEqual({ ...other.body, instance: '' }, { ...none.body, instance: '' });
  assert.equal((await me(theirs.accessToken)).status, 200);
});

test('logging out ends the session', async () => {
  const { accessToken, refreshToken } = await auth.newcomer();
  assert.equal((await auth.call('POST', '/api/v1/auth/logout', { token: accessToken })).status, 204);
  assert.equal((await me(accessToken)).status, 401);
  assert.equal((await refresh(refreshToken)).status, 401);
});

test('a new password ends the other sessions and keeps this one', async () => {
  const one = await auth.newcomer();
  const two = await auth.logIn({ email: one.user.email, password: PASSWORD });
  const change = (currentPassword: string, newPassword: string) =>
    auth.call('POST', '/api/v1/auth/password', {
      token: one.accessToken,
      body: { currentPassword, newPassword },
      ip: freshIp(),
    });
  assert.equal((await change('not the password', 'another long password')).body.code, 'PM_AUTH_CREDENTIALS_INVALID');
  assert.equal((await change(PASSWORD, 'password1234')).body.code, 'PM_AUTH_PASSWORD_WEAK');
  assert.equal((await change(PASSWORD, 'another long password')).status, 204);
  assert.equal((await me(two.accessToken)).status, 401);
  assert.equal((await refresh(two.refreshToken)).status, 401);
  assert.equal((await me(one.accessToken)).status, 200);
  assert.equal((await refresh(one.refreshToken)).status, 200);
  await auth.logIn({ email: one.user.email, password: 'another long password' });
});

test('disabling a user ends everything at once; enabling lets them log in again', async () => {
  const { accessToken: admin } = await auth.logIn();
  const tokens = await auth.newcomer();
  const set = (status: string) =>
    auth.call('PATCH', `/api/v1/users/${tokens.user.id}`, { token: admin, body: { status } });
  assert.equal((await set('disabled')).status, 200);
  assert.equal((await me(tokens.accessToken)).status, 401);
  assert.equal((await refresh(tokens.refreshToken)).status, 401);
  assert.equal((await set('active')).status, 200);
  assert.equal((await me(tokens.accessToken)).status, 401);
  const again = await auth.logIn({ email: tokens.user.email, password: PASSWORD });
  assert.equal((await me(again.accessToken)).status, 200, 'also within the same second');
});

test('a changed role voids access tokens; the refreshed one has it', async () => {
  const { accessToken: admin } = await auth.logIn();
  const tokens = await auth.newcomer();
  await auth.call('PATCH', `/api/v1/users/${tokens.user.id}`, { token: admin, body: { role: 'admin' } });
  assert.equal((await me(tokens.accessToken)).status, 401);
  const renewed = await refresh(tokens.refreshToken);
  assert.equal(renewed.body.user.role, 'admin');
  assert.equal((await auth.call('GET', '/api/v1/users', { token: renewed.body.accessToken })).status, 200);
});

test('introspection tells what the database knows', async () => {
  const { accessToken } = await auth.newcomer();
  const introspect = async (token: string) =>
    (await auth.call('POST', '/api/v1/auth/introspect', { body: { token } })).body;
  assert.deepEqual(await introspect(accessToken), { active: true });
  await auth.call('POST', '/api/v1/auth/logout', { token: accessToken });
  assert.deepEqual(await introspect(accessToken), { active: false });
  assert.deepEqual(await introspect('not-a-token-at-all-but-long'), { active: false });
});

test('after five failures an account waits, also with the right password, and then not for ever', async () => {
  const { user } = await auth.newcomer();
  const attempt = (password: string) =>
    auth.call('POST', '/api/v1/auth/login', { body: { email: user.email, password }, ip: freshIp() });
  for (let failure = 0; failure < 5; failure += 1) assert.equal((await attempt('wrong wrong wrong')).status, 401);
  const blocked = await attempt(PASSWORD);
  assert.deepEqual([blocked.status, blocked.body.code], [429, 'PM_AUTH_LOGIN_THROTTLED']);
  assert.ok(Number(blocked.headers['retry-after']) >= 1 && Number(blocked.headers['retry-after']) <= 15);
  offsetMs = 16_000;
  assert.equal((await attempt(PASSWORD)).status, 200);
  assert.equal((await attempt('wrong wrong wrong')).status, 401, 'success starts the count afresh');
});

test('guesses at the same time are bounded, and all of them count', async () => {
  const { user } = await auth.newcomer();
  const guess = () =>
    auth.call('POST', '/api/v1/auth/login', {
      body: { email: user.email, password: 'wrong wrong wrong' },
      ip: freshIp(),
    });
  const statuses = (await Promise.all(Array.from({ length: 80 }, guess))).map(({ status }) => status);
  const checked = statuses.filter((status) => status === 401).length;
  assert.ok(checked >= 5 && checked <= 50, String(checked));
  assert.equal(statuses.filter((status) => status === 429).length, 80 - checked);
  const [row] = await auth.rows(
    "SELECT max(failures) AS failures FROM auth.auth_login_attempts WHERE scope = 'account'",
  );
  assert.equal(row.failures, checked);
});

test('one user may log in on many devices at once', async () => {
  const { user } = await auth.newcomer();
  const logins = await Promise.all(
    Array.from({ length: 40 }, () => auth.logIn({ email: user.email, password: PASSWORD })),
  );
  assert.equal(new Set(logins.map(({ sessionId }) => sessionId)).size, 40);
});

test('an unknown account is throttled like a known one', async () => {
  const guess = () =>
    auth.call('POST', '/api/v1/auth/login', {
      body: { email: 'ghost@example.org', password: 'wrong wrong' },
      ip: freshIp(),
    });
  const statuses = [];
  for (let count = 0; count < 6; count += 1) statuses.push((await guess()).status);
  assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429]);
});

test('one address that tries many accounts has to wait', async () => {
  const ip = freshIp();
  const guess = (index: number) =>
    auth.call('POST', '/api/v1/auth/login', {
      body: { email: `victim${index}@example.org`, password: 'wrong wrong' },
      ip,
    });
  for (let index = 0; index < 60; index += 1) assert.equal((await guess(index)).status, 401);
  assert.equal((await guess(60)).status, 429);
});

test('every access token of a revoked session is dead before the answer arrives', async () => {
  const { accessToken, refreshToken } = await auth.newcomer();
  const { body } = await refresh(refreshToken);
  await auth.call('POST', '/api/v1/auth/logout', { token: body.accessToken });
  const answers = await Promise.all([me(accessToken), me(body.accessToken)]);
  assert.deepEqual(
    answers.map(({ status }) => status),
    [401, 401],
  );
});
