import { baseConfig, databaseConfig, loadConfig, natsConfig, redisConfig, tokenConfig } from '@peermesh/service-kit';
import { type Static, Type } from 'typebox';

/** Settings of the ingest service. */
export const IngestConfigSchema = Type.Object({
  ...baseConfig,
  ...databaseConfig,
  ...natsConfig,
  ...redisConfig,
  ...tokenConfig,
  INGEST_ENCRYPTION_KEY: Type.String({
    minLength: 43,
    description: '32 bytes in base64; seals the secrets of webhook sources.',
  }),
  EXTRACTION_MODE: Type.Union([Type.Literal('builtin'), Type.Literal('external')], {
    default: 'builtin',
    description: '`builtin` takes extraction jobs itself; `external` leaves them to another module.',
  }),
  EXTRACTION_THREADS: Type.Integer({
    minimum: 0,
    maximum: 32,
    default: 1,
    description: 'Worker threads of the built-in extractor; 0 works in the main thread.',
  }),
  EXTRACTION_BATCH_SIZE: Type.Integer({
    minimum: 1,
    maximum: 200,
    default: 16,
    description: 'Jobs that are extracted and stored together.',
  }),
  EXTRACTION_DEADLINE_MS: Type.Integer({
    minimum: 1_000,
    default: 300_000,
    description: 'After this a job is put on the queue again.',
  }),
  EXTRACTION_ATTEMPTS_MAX: Type.Integer({
    minimum: 1,
    maximum: 20,
    default: 3,
    description: 'After this many attempts a job fails.',
  }),
  JOB_SWEEP_INTERVAL_MS: Type.Integer({
    minimum: 10,
    default: 5_000,
    description: 'How often stale jobs are looked for.',
  }),
  FETCH_CONCURRENCY: Type.Integer({
    minimum: 0,
    maximum: 500,
    default: 16,
    description: 'Fetches at once in this process; 0 switches the scheduler off.',
  }),
  FETCH_TICK_MS: Type.Integer({ minimum: 10, default: 1_000, description: 'How often due sources are looked for.' }),
  FETCH_TIMEOUT_MS: Type.Integer({
    minimum: 100,
    default: 30_000,
    description: 'Time for one fetch with redirects and body.',
  }),
  FETCH_BODY_BYTES_MAX: Type.Integer({
    minimum: 1_024,
    default: 10_485_760,
    description: 'Largest body after decompression.',
  }),
  FETCH_INTERVAL_MS_MIN: Type.Integer({
    minimum: 0,
    default: 60_000,
    description: 'Shortest interval between planned fetches.',
  }),
  FETCH_INTERVAL_MS_MAX: Type.Integer({
    minimum: 1_000,
    default: 86_400_000,
    description: 'Longest wait, whatever backoff or cache headers say.',
  }),
  FETCH_CRON_JITTER_MS_MAX: Type.Integer({
    minimum: 0,
    default: 60_000,
    description: 'Spread of sources on the same cron minute.',
  }),
  FETCH_DEAD_AFTER_MS: Type.Integer({
    minimum: 1_000,
    default: 2_592_000_000,
    description: 'A source that has failed for this long is paused (30 days).',
  }),
  HOST_CONCURRENCY: Type.Integer({
    minimum: 1,
    maximum: 16,
    default: 1,
    description: 'Fetches of one host at once, over all replicas.',
  }),
  HOST_DELAY_MS_MIN: Type.Integer({
    minimum: 0,
    default: 1_000,
    description: 'Least time between two fetches of one host.',
  }),
  HOST_PAUSE_MS: Type.Integer({
    minimum: 0,
    default: 3_600_000,
    description: 'Pause of a host after 403 or 429 without Retry-After.',
  }),
  INGEST_USER_AGENT_CONTACT: Type.String({
    minLength: 4,
    default: 'https://docs.peermesh.dev/crawler',
    description: 'How site owners reach you; part of the user agent.',
  }),
  INGEST_ALLOW_PRIVATE_HOSTS: Type.String({
    default: '',
    description:
      'Hosts, `*.suffixes`, addresses and networks, by comma, that may be fetched although they are private.',
  }),
  QUOTA_ITEMS_PER_DAY: Type.Integer({
    minimum: 0,
    default: 5_000_000,
    description: 'Items a tenant may submit in a day (UTC).',
  }),
  QUOTA_BYTES_PER_DAY: Type.Integer({
    minimum: 0,
    default: 50_000_000_000,
    description: 'Bytes of text a tenant may submit in a day (UTC).',
  }),
  QUOTA_SOURCES_MAX: Type.Integer({ minimum: 0, default: 10_000, description: 'Sources a tenant may have.' }),
});
/** Settings of the ingest service. */
export type IngestConfig = Readonly<Static<typeof IngestConfigSchema>>;

/** Reads the settings from the environment; lists all that is wrong with them. */
export function loadIngestConfig(env: Readonly<Record<string, string | undefined>>): IngestConfig {
  return loadConfig(IngestConfigSchema, env, (config) => [
    ...(Buffer.from(config.INGEST_ENCRYPTION_KEY, 'base64').length === 32
      ? []
      : ['INGEST_ENCRYPTION_KEY must be 32 bytes in base64']),
    ...(config.FETCH_INTERVAL_MS_MIN <= config.FETCH_INTERVAL_MS_MAX
      ? []
      : ['FETCH_INTERVAL_MS_MIN must not exceed FETCH_INTERVAL_MS_MAX']),
  ]);
}
