import { Type } from 'typebox';
import { defineRoute } from '../../define-route.ts';
import { Timestamp } from '../../timestamps.ts';
import { Email, Label, Password, TenantName, TokenSet } from './schemas.ts';

const tags = ['authentication'];
const open = { access: 'public' } as const;
const self = { access: 'authenticated', minRole: 'user', scopes: [] as readonly string[] } as const;
const strict = { additionalProperties: false } as const;

/** Registers a user by email and password. */
export const register = defineRoute({
  id: 'auth.user.register',
  method: 'POST',
  path: '/api/v1/auth/register',
  summary: 'Register',
  description:
    'The answer is the same whether the address was free or not, so that nobody can find out who is registered. Log in next.',
  tags,
  policy: open,
  body: Type.Object(
    { email: Email, password: Password, displayName: Type.Optional(Label), tenant: Type.Optional(TenantName) },
    strict,
  ),
  responses: { 202: Type.Object({ status: Type.Literal('accepted') }) },
  errors: ['PM_AUTH_REGISTRATION_CLOSED', 'PM_AUTH_PASSWORD_WEAK', 'PM_AUTH_LOGIN_THROTTLED', 'PM_AUTH_BUSY'],
  idempotency: 'none',
  examples: [
    {
      name: 'a new user',
      body: { email: 'ada@example.org', password: 'correct horse battery staple', displayName: 'Ada' },
      response: { status: 202, body: { status: 'accepted' } },
    },
  ],
});

/** Opens a session. */
export const login = defineRoute({
  id: 'auth.session.open',
  method: 'POST',
  path: '/api/v1/auth/login',
  summary: 'Log in',
  tags,
  policy: open,
  body: Type.Object(
    {
      email: Type.String({ minLength: 1, maxLength: 254, examples: ['ada@example.org'] }),
      password: Type.String({ minLength: 1, maxLength: 256, examples: ['correct horse battery staple'] }),
      device: Type.Optional(Label),
      tenant: Type.Optional(TenantName),
    },
    strict,
  ),
  responses: { 200: TokenSet },
  errors: ['PM_AUTH_CREDENTIALS_INVALID', 'PM_AUTH_LOGIN_THROTTLED', 'PM_AUTH_BUSY'],
  idempotency: 'none',
});

/** Exchanges a refresh token for the next one and a new access token. */
export const refresh = defineRoute({
  id: 'auth.session.refresh',
  method: 'POST',
  path: '/api/v1/auth/refresh',
  summary: 'Refresh',
  description:
    'Each refresh token works once. Sending it again within 10 seconds, before its successor was used, gives the same successor: a lost answer or two tabs do no harm. Any other reuse ends the session.',
  tags,
  policy: open,
  body: Type.Object({ refreshToken: Type.String({ minLength: 20, maxLength: 200 }) }, strict),
  responses: { 200: TokenSet },
  errors: ['PM_AUTH_REFRESH_TOKEN_INVALID'],
  idempotency: 'none',
});

/** Ends the caller's session. */
export const logout = defineRoute({
  id: 'auth.session.close',
  method: 'POST',
  path: '/api/v1/auth/logout',
  summary: 'Log out',
  description: 'The access token and the refresh token of this session are void everywhere within a second.',
  tags,
  policy: { ...self, action: 'session.close' },
  responses: { 204: null },
  errors: [],
  idempotency: 'none',
});

/** Changes the caller's password and ends the other sessions. */
export const changePassword = defineRoute({
  id: 'auth.password.change',
  method: 'POST',
  path: '/api/v1/auth/password',
  summary: 'Change the own password',
  description: 'Ends every other session of the user and revokes no API key.',
  tags,
  policy: { ...self, action: 'password.change', scopes: ['account:write'] },
  body: Type.Object({ currentPassword: Type.String({ minLength: 1, maxLength: 256 }), newPassword: Password }, strict),
  responses: { 204: null },
  errors: ['PM_AUTH_CREDENTIALS_INVALID', 'PM_AUTH_PASSWORD_WEAK', 'PM_AUTH_LOGIN_THROTTLED', 'PM_AUTH_BUSY'],
  idempotency: 'none',
});

/** Turns an API key into a short-lived access token; the gateway does this for its clients. */
export const exchangeApiKey = defineRoute({
  id: 'auth.api_key.exchange',
  method: 'POST',
  path: '/api/v1/auth/api-keys/exchange',
  summary: 'Exchange an API key for a token',
  tags,
  policy: open,
  body: Type.Object({ apiKey: Type.String({ minLength: 20, maxLength: 200 }) }, strict),
  responses: {
    200: Type.Object({
      accessToken: Type.String(),
      tokenType: Type.Literal('Bearer'),
      expiresIn: Type.Integer(),
      expiresAt: Timestamp,
    }),
  },
  errors: ['PM_AUTH_API_KEY_INVALID'],
  idempotency: 'none',
});

/** Whether an access token is good now, also when no feed of revocations has been heard of. */
export const introspect = defineRoute({
  id: 'auth.token.introspect',
  method: 'POST',
  path: '/api/v1/auth/introspect',
  summary: 'Check a token',
  description: 'For enforcement points whose feed of revocations is late. The token itself is the credential.',
  tags,
  policy: open,
  body: Type.Object({ token: Type.String({ minLength: 20, maxLength: 8192 }) }, strict),
  responses: { 200: Type.Object({ active: Type.Boolean() }) },
  errors: [],
  idempotency: 'none',
});

/** The public keys that verify tokens (RFC 7517). */
export const getJwks = defineRoute({
  id: 'auth.jwks.get',
  method: 'GET',
  path: '/api/v1/.well-known/jwks.json',
  summary: 'Public signing keys',
  tags,
  policy: open,
  responses: {
    200: Type.Object({
      keys: Type.Array(
        Type.Object({
          kty: Type.String(),
          crv: Type.String(),
          x: Type.String(),
          y: Type.Optional(Type.String()),
          kid: Type.String(),
          alg: Type.String(),
          use: Type.Literal('sig'),
        }),
      ),
    }),
  },
  errors: [],
});
