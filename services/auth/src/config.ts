import {
  baseConfig,
  databaseConfig,
  loadConfig,
  migrationConfig,
  natsConfig,
  tokenConfig,
} from '@peermesh/service-kit/config';
import { type Static, Type } from 'typebox';

const { JWKS_URL: _unused, ...issuerConfig } = tokenConfig;

/** Settings of the auth service. */
export const AuthConfig = Type.Object({
  ...baseConfig,
  ...databaseConfig,
  ...natsConfig,
  ...issuerConfig,
  AUTH_KEY_ENCRYPTION_KEY: Type.String({
    pattern: '^[A-Za-z0-9+/]{43}=$',
    description: 'Encrypts the private signing keys at rest: 32 random bytes in base64. Losing it means new keys.',
  }),
  SIGNING_ALGORITHM: Type.Union([Type.Literal('EdDSA'), Type.Literal('ES256')], {
    default: 'EdDSA',
    description: 'Algorithm of new tokens. Keys of both are published and rotated.',
  }),
  SIGNING_KEY_ACTIVE_DAYS: Type.Integer({
    minimum: 1,
    maximum: 365,
    default: 30,
    description: 'How long a key signs.',
  }),
  REGISTRATION: Type.Union([Type.Literal('open'), Type.Literal('closed')], {
    default: 'open',
    description: 'Whether anybody may register, or only administrators create users.',
  }),
  ACCESS_TOKEN_TTL_SECONDS: Type.Integer({
    minimum: 60,
    maximum: 3600,
    default: 900,
    description: 'Life of an access token.',
  }),
  API_KEY_TOKEN_TTL_SECONDS: Type.Integer({
    minimum: 30,
    maximum: 900,
    default: 120,
    description: 'Life of a token that an API key was exchanged for.',
  }),
  SESSION_IDLE_DAYS: Type.Integer({
    minimum: 1,
    maximum: 365,
    default: 14,
    description: 'A session ends when unused for so long.',
  }),
  SESSION_ABSOLUTE_DAYS: Type.Integer({
    minimum: 1,
    maximum: 730,
    default: 90,
    description: 'A session ends at this age.',
  }),
  REFRESH_GRACE_MS: Type.Integer({
    minimum: 0,
    maximum: 30_000,
    default: 10_000,
    description: 'A refresh token sent again within this time gives the same successor.',
  }),
  API_KEYS_PER_USER_MAX: Type.Integer({
    minimum: 1,
    maximum: 1000,
    default: 50,
    description: 'Keys of one user that are not revoked.',
  }),
  PASSWORD_HASH_CONCURRENCY: Type.Integer({
    minimum: 1,
    maximum: 16,
    default: 2,
    description: 'Passwords hashed at the same time.',
  }),
  PASSWORD_HASH_QUEUE_MAX: Type.Integer({
    minimum: 0,
    maximum: 10_000,
    default: 200,
    description: 'Logins that may wait for it.',
  }),
  TRUST_PROXY: Type.String({
    default: 'loopback,uniquelocal,linklocal',
    description: 'Addresses whose X-Forwarded-For is believed.',
  }),
});
/** Settings of the auth service. */
export type AuthConfig = Readonly<Static<typeof AuthConfig>>;

/** Settings of the migration, which also creates the first administrator. */
export const AuthMigrationConfig = Type.Object({
  ...migrationConfig.properties,
  ADMIN_EMAIL: Type.String({ default: '', description: 'Email address of the first administrator; none when empty.' }),
  ADMIN_PASSWORD: Type.String({
    default: '',
    description: 'Its password, used only when the user does not exist yet.',
  }),
  DECISIONS_KEEP_MONTHS: Type.Integer({
    minimum: 1,
    maximum: 120,
    default: 13,
    description: 'Older months of the decision log are dropped.',
  }),
});
export type AuthMigrationConfig = Readonly<Static<typeof AuthMigrationConfig>>;

/** Reads the configuration; throws a ConfigError that lists every bad key. */
export function loadAuthConfig(env: NodeJS.ProcessEnv): AuthConfig {
  return loadConfig(AuthConfig, env, (config) => [
    ...(config.SESSION_IDLE_DAYS <= config.SESSION_ABSOLUTE_DAYS
      ? []
      : ['SESSION_IDLE_DAYS must not exceed SESSION_ABSOLUTE_DAYS']),
    ...(config.SHUTDOWN_GRACE_MS < config.SHUTDOWN_FORCE_MS
      ? []
      : ['SHUTDOWN_GRACE_MS must be below SHUTDOWN_FORCE_MS']),
  ]);
}

export function loadAuthMigrationConfig(env: NodeJS.ProcessEnv): AuthMigrationConfig {
  return loadConfig(AuthMigrationConfig, env, ({ ADMIN_EMAIL, ADMIN_PASSWORD }) =>
    (ADMIN_EMAIL === '') === (ADMIN_PASSWORD === '') ? [] : ['ADMIN_EMAIL and ADMIN_PASSWORD belong together'],
  );
}
