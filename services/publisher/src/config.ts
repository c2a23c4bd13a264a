import { baseConfig, databaseConfig, loadConfig, natsConfig, tokenConfig } from '@peermesh/service-kit';
import { type Static, Type } from 'typebox';

/** Settings of the publisher service. */
export const PublisherConfigSchema = Type.Object({
  ...baseConfig,
  ...databaseConfig,
  ...natsConfig,
  ...tokenConfig,
  PUBLISHER_ENCRYPTION_KEY: Type.String({
    minLength: 43,
    description: '32 bytes in base64; seals the secrets of webhooks and signs the links in mails.',
  }),
  PUBLIC_URL: Type.String({ format: 'uri', description: 'Base URL of the gateway as recipients of mails reach it.' }),
  PUBLISHER_ALLOW_PRIVATE_HOSTS: Type.String({
    default: '',
    description: 'Hosts that webhooks may call although they are private, separated by commas. Empty in production.',
  }),
  PUBLISHER_RETRY_SCHEDULE_SECONDS: Type.String({
    default: '0,5,300,1800,7200,18000,36000,50400,72000,86400',
    pattern: '^[0-9]+(\\.[0-9]+)?(,[0-9]+(\\.[0-9]+)?)*$',
    description: 'Waiting time before each attempt; 20 % jitter is added or taken away.',
  }),
  PUBLISHER_ATTEMPT_TIMEOUT_MS: Type.Integer({ minimum: 100, default: 15_000, description: 'Time for one attempt.' }),
  PUBLISHER_CONCURRENCY: Type.Integer({
    minimum: 1,
    maximum: 500,
    default: 64,
    description: 'Attempts at once in this process.',
  }),
  PUBLISHER_ENDPOINT_CONCURRENCY: Type.Integer({
    minimum: 1,
    maximum: 100,
    default: 4,
    description: 'Attempts at once to one endpoint.',
  }),
  PUBLISHER_DISABLE_AFTER_HOURS: Type.Number({
    exclusiveMinimum: 0,
    default: 120,
    description: 'An endpoint that only failed for so long is disabled; its owner is warned at 50, 70 and 90 %.',
  }),
  PUBLISHER_BREAKER_FAILURES: Type.Integer({
    minimum: 1,
    default: 8,
    description:
      'After this many failures in a row an endpoint is spared for a while, then tried one delivery at a time.',
  }),
  PUBLISHER_BREAKER_MS: Type.Integer({
    minimum: 0,
    default: 5_000,
    description: 'How long it is spared first; doubles with each further failure, up to ten minutes.',
  }),
  PUBLISHER_RETENTION_MONTHS: Type.Integer({
    minimum: 1,
    maximum: 120,
    default: 3,
    description: 'How long ended deliveries and their attempts are kept.',
  }),
  PUBLISHER_POLL_MS: Type.Integer({
    minimum: 10,
    default: 500,
    description: 'How often due deliveries are looked for without a wake-up.',
  }),
  SMTP_URL: Type.String({
    default: '',
    description: 'smtp:// or smtps:// URL for the channel e-mail; without it the channel is off.',
  }),
  EMAIL_FROM: Type.String({ default: 'PeerMesh <peermesh@localhost>', description: 'Sender of mails.' }),
});
/** Settings of the publisher service. */
export type PublisherConfig = Static<typeof PublisherConfigSchema>;

/** Reads the settings; throws a ConfigError that names every bad key. */
export function loadPublisherConfig(env: Readonly<Record<string, string | undefined>>): Readonly<PublisherConfig> {
  return loadConfig(PublisherConfigSchema, env, (config) =>
    Buffer.from(config.PUBLISHER_ENCRYPTION_KEY, 'base64').length === 32
      ? []
      : ['PUBLISHER_ENCRYPTION_KEY must be 32 bytes in base64'],
  );
}
