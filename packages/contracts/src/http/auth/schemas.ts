import { type Static, Type } from 'typebox';
import { IdSchema } from '../../ids.ts';
import { Timestamp } from '../../timestamps.ts';

/** An email address; compared without regard to case. */
export const Email = Type.String({
  format: 'email',
  maxLength: 254,
  examples: ['ada@example.org'],
});

/** A password on its way in. Length is what counts; 12 or more characters are advised. */
export const Password = Type.String({ minLength: 8, maxLength: 256, examples: ['correct horse battery staple'] });

/** The name of a tenant. */
export const TenantName = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$', examples: ['default'] });

/** The name of a role. */
export const RoleName = Type.String({ pattern: '^[a-z][a-z0-9-]{1,39}$', examples: ['user', 'moderator', 'admin'] });

/** What a scoped credential may do: `resource:action`. */
export const Scope = Type.String({
  pattern: '^[a-z][a-z0-9_-]{0,39}(:[a-z][a-z0-9_-]{0,39})?$',
  examples: ['content:read'],
});

/** Free text that names a person, a device or a key. */
export const Label = Type.String({ minLength: 1, maxLength: 100, pattern: '^[^\\p{Cc}]+$' });

const Nullable = <S extends Parameters<typeof Type.Union>[0][number]>(schema: S) => Type.Union([schema, Type.Null()]);

/** A user. */
export const User = Type.Object({
  id: IdSchema('user'),
  tenantId: TenantName,
  email: Email,
  displayName: Nullable(Label),
  role: RoleName,
  status: Type.Union([Type.Literal('active'), Type.Literal('disabled')]),
  version: Type.Integer({ minimum: 1, description: 'Send it back as `version` to change exactly what was read.' }),
  createdAt: Timestamp,
  updatedAt: Timestamp,
  lastLoginAt: Nullable(Timestamp),
});
/** A user. */
export type User = Static<typeof User>;

/** One login on one device, until it is revoked or expires. */
export const Session = Type.Object({
  id: IdSchema('session'),
  userId: IdSchema('user'),
  current: Type.Boolean({ description: 'Whether the caller uses this session now.' }),
  device: Nullable(Label),
  ip: Nullable(Type.String()),
  userAgent: Nullable(Type.String()),
  createdAt: Timestamp,
  lastSeenAt: Timestamp,
  expiresAt: Timestamp,
  revokedAt: Nullable(Timestamp),
  revokedReason: Nullable(Type.String()),
});
/** One login on one device. */
export type Session = Static<typeof Session>;

/** What a login or a refresh gives. */
export const TokenSet = Type.Object({
  accessToken: Type.String({ description: 'JWT for `Authorization: Bearer`.' }),
  tokenType: Type.Literal('Bearer'),
  expiresIn: Type.Integer({ description: 'Seconds until the access token expires.' }),
  refreshToken: Type.String({ description: 'Good for one refresh; keep it secret.' }),
  refreshExpiresAt: Timestamp,
  sessionId: IdSchema('session'),
  user: User,
});
/** What a login or a refresh gives. */
export type TokenSet = Static<typeof TokenSet>;

/** An API key without its secret. */
export const ApiKey = Type.Object({
  id: IdSchema('apiKey'),
  userId: IdSchema('user'),
  name: Label,
  prefix: Type.String({ description: 'The beginning of the key, to recognise it by.', examples: ['pm_live_3kTMd9'] }),
  scopes: Type.Array(Scope),
  createdAt: Timestamp,
  expiresAt: Nullable(Timestamp),
  lastUsedAt: Nullable(Timestamp),
  revokedAt: Nullable(Timestamp),
});
/** An API key without its secret. */
export type ApiKey = Static<typeof ApiKey>;

/** A role: built in, or an installation's own that inherits from another. */
export const RoleDefinition = Type.Object({
  name: RoleName,
  inherits: Nullable(RoleName),
  rank: Type.Integer({ description: 'Rank of the built-in role that it comes down to.' }),
  description: Type.String(),
  builtIn: Type.Boolean(),
});
/** A role. */
export type RoleDefinition = Static<typeof RoleDefinition>;

/** One entry of the append-only log. */
export const DecisionRecord = Type.Object({
  id: IdSchema('decision'),
  kind: Type.Union([Type.Literal('authentication'), Type.Literal('authorization')]),
  actor: Nullable(Type.String()),
  action: Type.String(),
  resource: Nullable(Type.String()),
  allowed: Type.Boolean(),
  reason: Type.String(),
  service: Type.String(),
  ip: Nullable(Type.String()),
  requestId: Nullable(Type.String()),
  occurredAt: Timestamp,
  recordedAt: Timestamp,
});
/** One entry of the append-only log. */
export type DecisionRecord = Static<typeof DecisionRecord>;

/** A signing key without its private half. */
export const SigningKey = Type.Object({
  kid: Type.String(),
  algorithm: Type.Union([Type.Literal('EdDSA'), Type.Literal('ES256')]),
  state: Type.Union([Type.Literal('next'), Type.Literal('active'), Type.Literal('retiring'), Type.Literal('retired')]),
  createdAt: Timestamp,
  activatedAt: Nullable(Timestamp),
  retiringAt: Nullable(Timestamp),
  retiredAt: Nullable(Timestamp),
});
/** A signing key without its private half. */
export type SigningKey = Static<typeof SigningKey>;
