import assert from 'node:assert/strict';
import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { test } from 'node:test';
import { createAuthenticator, createRevocations } from '@peermesh/authz';
import { hasErrorCode } from '@peermesh/errors';
import { issueTestToken, testJwks } from '@peermesh/testkit';
import { type JWK, SignJWT } from 'jose';

const ed = generateKeyPairSync('ed25519');
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const stranger = generateKeyPairSync('ed25519');
const jwkOf = (key: KeyObject, alg: string, kid: string) =>
  ({ ...(key.export({ format: 'jwk' }) as JWK), alg, kid, use: 'sig' }) as JWK & { kty: string };
const jwks = {
  keys: [jwkOf(ed.publicKey, 'EdDSA', 'ed'), jwkOf(ec.publicKey, 'ES256', 'ec'), jwkOf(rsa.publicKey, 'RS256', 'rsa')],
} as Parameters<typeof createAuthenticator>[0]['jwks'];
const options = { issuer: 'peermesh-auth', audience: 'peermesh', jwks };

interface Forgery {
  readonly alg?: string;
  readonly kid?: string;
  readonly key?: KeyObject;
  readonly claims?: Record<string, unknown>;
  readonly without?: string;
  readonly header?: Record<string, unknown>;
}

async function sign({
  alg = 'EdDSA',
  kid = 'ed',
  key = ed.privateKey,
  claims = {},
  without,
  header = {},
}: Forgery = {}) {
  const now = Math.floor(Date.now() / 1000);
  const payload: Record<string, unknown> = {
    sub: 'usr_1',
    role: 'user',
    tenant: 'default',
    iss: 'peermesh-auth',
    aud: 'peermesh',
    iat: now,
    exp: now + 900,
    sid: 'ses_1',
    jti: 'j1',
    ...claims,
  };
  if (without !== undefined) delete payload[without];
  return new SignJWT(payload).setProtectedHeader({ alg, kid, ...header }).sign(key);
}

const segment = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const now = Math.floor(Date.now() / 1000);
const claims = {
  sub: 'usr_1',
  role: 'admin',
  tenant: 'default',
  iss: 'peermesh-auth',
  aud: 'peermesh',
  iat: now,
  exp: now + 900,
  jti: 'j',
};

test('EdDSA and ES256 tokens are accepted', async () => {
  const authenticator = createAuthenticator(options);
  for (const forgery of [{}, { alg: 'ES256', kid: 'ec', key: ec.privateKey }]) {
    const principal = await authenticator.authenticate(`Bearer ${await sign(forgery)}`);
    assert.equal(principal.subject, 'usr_1');
    assert.equal(principal.signingKeyId, forgery.kid ?? 'ed');
  }
});

const hmacWithPublicKey = (): string => {
  const input = `${segment({ alg: 'HS256', kid: 'ed' })}.${segment(claims)}`;
  const secret = createPublicKey(ed.privateKey).export({ format: 'pem', type: 'spki' });
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
};
const tampered = async (): Promise<string> => {
  const [header, , signature] = (await sign()).split('.');
  return `${header}.${segment(claims)}.${signature}`;
};

const forgeries: [string, () => Promise<string> | string][] = [
  ['alg none', () => `${segment({ alg: 'none' })}.${segment(claims)}.`],
  ['alg None in another case', () => `${segment({ alg: 'NoNe', kid: 'ed' })}.${segment(claims)}.`],
  ['HMAC with the public key as secret', hmacWithPublicKey],
  ['RS256 although the key is in the set', () => sign({ alg: 'RS256', kid: 'rsa', key: rsa.privateKey })],
  ['a stranger’s key under a known kid', () => sign({ key: stranger.privateKey })],
  ['an unknown kid', () => sign({ kid: 'nobody', key: stranger.privateKey })],
  [
    'a key that the token brings along',
    () => sign({ kid: 'new', key: stranger.privateKey, header: { jwk: stranger.publicKey.export({ format: 'jwk' }) } }),
  ],
  ['an ES256 key under an EdDSA header', () => sign({ alg: 'ES256', kid: 'ed', key: ec.privateKey })],
  ['a payload that was changed', tampered],
  [
    'an unknown critical header',
    () => `${segment({ alg: 'EdDSA', kid: 'ed', crit: ['x'], x: 1 })}.${segment(claims)}.AAAA`,
  ],
  ['an expired token', () => sign({ claims: { exp: now - 60, iat: now - 900 } })],
  ['a token of the future', () => sign({ claims: { nbf: now + 60 } })],
  ['another issuer', () => sign({ claims: { iss: 'somebody' } })],
  ['another audience', () => sign({ claims: { aud: 'elsewhere' } })],
  ...['sub', 'exp', 'iat', 'jti', 'tenant', 'role', 'iss', 'aud'].map((claim): [string, () => Promise<string>] => [
    `no ${claim}`,
    () => sign({ without: claim }),
  ]),
  ['a subject that is not a string', () => sign({ claims: { tenant: 7 } })],
  ['two segments', () => 'a.b'],
  ['no segment', () => 'x'],
  ['a token without end', () => 'a'.repeat(9000)],
];
for (const [name, forge] of forgeries) {
  test(`${name} is refused`, async () => {
    const authorization = `Bearer ${await forge()}`;
    const authenticator = createAuthenticator(options);
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await assert.rejects(authenticator.authenticate(authorization), (error) =>
        hasErrorCode(error, 'PM_COMMON_UNAUTHENTICATED'),
      );
      assert.equal(authenticator.authenticateCached(authorization), null);
    }
  });
}

test('another scheme than Bearer is refused', async () => {
  const authenticator = createAuthenticator(options);
  for (const header of [undefined, '', 'Basic abc', `Token ${await sign()}`]) {
    await assert.rejects(authenticator.authenticate(header), (error) =>
      hasErrorCode(error, 'PM_COMMON_UNAUTHENTICATED'),
    );
  }
});

test('a cached token is refused after it has expired', async () => {
  let at = Date.now();
  const authenticator = createAuthenticator({ ...options, now: () => at });
  const authorization = `Bearer ${await sign()}`;
  await authenticator.authenticate(authorization);
  assert.ok(authenticator.authenticateCached(authorization));
  at += 906_000;
  assert.equal(authenticator.authenticateCached(authorization), null);
  await assert.rejects(authenticator.authenticate(authorization));
});

const soon = new Date(Date.now() + 900_000).toISOString();
for (const [kind, id] of [
  ['session', 'ses_1'],
  ['token', 'j1'],
  ['user', 'usr_1'],
  ['signing_key', 'ed'],
  ['api_key', 'key_1'],
] as const) {
  test(`a cached token is refused as soon as its ${kind} is revoked`, async () => {
    const revocations = createRevocations();
    revocations.watch({ stalenessMs: () => 0 });
    const authenticator = createAuthenticator({ ...options, revocations });
    const authorization = `Bearer ${await sign({ claims: { kid: 'key_1' } })}`;
    await authenticator.authenticate(authorization);
    revocations.add({ kind, id, revokedAt: new Date(Date.now() + 1500).toISOString(), expiresAt: soon });
    assert.equal(authenticator.authenticateCached(authorization), null);
    await assert.rejects(authenticator.authenticate(authorization), (error) =>
      hasErrorCode(error, 'PM_COMMON_UNAUTHENTICATED'),
    );
  });
}

test('a token issued after its user was revoked is good, also within the same second', async () => {
  const revocations = createRevocations();
  revocations.watch({ stalenessMs: () => 0 });
  const authenticator = createAuthenticator({ ...options, revocations });
  const at = now * 1000 + 200;
  revocations.add({ kind: 'user', id: 'usr_1', revokedAt: new Date(at).toISOString(), expiresAt: soon });
  await assert.rejects(authenticator.authenticate(`Bearer ${await sign({ claims: { iat_ms: at - 1, iat: now } })}`));
  await authenticator.authenticate(`Bearer ${await sign({ claims: { iat_ms: at + 1, iat: now } })}`);
});

test('a late feed: tokens are introspected after 10 s, and 503 when nobody can be asked after 60 s', async () => {
  let stalenessMs = 0;
  let asked = 0;
  let answer: () => Promise<boolean> = async () => true;
  const revocations = createRevocations();
  revocations.watch({ stalenessMs: () => stalenessMs });
  const asking = createAuthenticator({
    ...options,
    revocations,
    introspect: () => {
      asked += 1;
      return answer();
    },
  });
  const silent = createAuthenticator({ ...options, revocations });
  const old = `Bearer ${await sign({ claims: { iat: now - 30 } })}`;
  const fresh = `Bearer ${await sign({ claims: { jti: 'j2' } })}`;
  await asking.authenticate(old);
  assert.equal(asked, 0);
  stalenessMs = 11_000;
  await asking.authenticate(fresh);
  assert.equal(asked, 0, 'a token younger than 10 s needs no question');
  await asking.authenticate(old);
  assert.equal(asked, 1);
  await silent.authenticate(old);
  answer = async () => false;
  await assert.rejects(asking.authenticate(old), (error) => hasErrorCode(error, 'PM_COMMON_UNAUTHENTICATED'));
  answer = async () => Promise.reject(new Error('away'));
  await assert.rejects(asking.authenticate(old), (error) => hasErrorCode(error, 'PM_COMMON_UNAVAILABLE'));
  stalenessMs = 61_000;
  await assert.rejects(silent.authenticate(old), (error) => hasErrorCode(error, 'PM_COMMON_UNAVAILABLE'));
});

test('no feed at all means 503, not trust', async () => {
  const authenticator = createAuthenticator({ ...options, revocations: createRevocations() });
  const authorization = `Bearer ${await sign({ claims: { iat: now - 30 } })}`;
  await assert.rejects(authenticator.authenticate(authorization), (error) =>
    hasErrorCode(error, 'PM_COMMON_UNAVAILABLE'),
  );
});

test('key servers that are away mean 503', async () => {
  const authenticator = createAuthenticator({ ...options, jwks: new URL('http://127.0.0.1:1/jwks.json') });
  await assert.rejects(authenticator.authenticate(`Bearer ${await sign()}`), (error) =>
    hasErrorCode(error, 'PM_COMMON_UNAVAILABLE'),
  );
});

test('tokens of the testkit are accepted with its keys', async () => {
  const authenticator = createAuthenticator({ ...options, jwks: testJwks });
  const principal = await authenticator.authenticate(
    `bearer ${await issueTestToken({ role: 'admin', scope: 'a:b c:d' })}`,
  );
  assert.deepEqual([principal.role, principal.scopes], ['admin', ['a:b', 'c:d']]);
});
