import { fileURLToPath } from 'node:url';
import { baseConfig, databaseConfig, loadConfig, natsConfig, redisConfig, tokenConfig } from '@peermesh/service-kit';
import { type Static, Type } from 'typebox';

const Urls = (service: string) =>
  Type.String({
    minLength: 1,
    description: `URLs of the ${service} service, separated by commas.`,
    examples: ['http://127.0.0.1:8101'],
  });

/** Settings of the gateway. */
export const GatewayConfig = Type.Object({
  ...baseConfig,
  ...databaseConfig,
  ...natsConfig,
  ...redisConfig,
  ...tokenConfig,
  UPSTREAM_AUTH: Urls('auth'),
  UPSTREAM_INGEST: Urls('ingest'),
  UPSTREAM_SEARCH: Urls('search'),
  UPSTREAM_PUBLISHER: Urls('publisher'),
  UPSTREAM_ROUTER: Urls('router'),
  UPSTREAM_MESH: Urls('mesh'),
  UPSTREAM_CONNECTIONS_MAX: Type.Integer({
    minimum: 1,
    maximum: 4096,
    default: 128,
    description: 'Connections to each instance.',
  }),
  UPSTREAM_CONNECT_TIMEOUT_MS: Type.Integer({
    minimum: 50,
    default: 1000,
    description: 'Time to connect to an instance.',
  }),
  ROUTES_FILE: Type.String({
    default: fileURLToPath(new URL('../config/routes.yaml', import.meta.url)),
    description: 'Route table (YAML or JSON) that rules until one is activated over the API.',
  }),
  HEADERS_TIMEOUT_MS: Type.Integer({
    minimum: 100,
    default: 10_000,
    description: 'Time for the headers of a request to arrive.',
  }),
  REQUEST_TIMEOUT_MS: Type.Integer({
    minimum: 100,
    default: 60_000,
    description: 'Time for a whole request to arrive.',
  }),
  TRUSTED_PROXIES: Type.String({
    default: '',
    description: 'Addresses or CIDR blocks whose X-Forwarded-For is believed, separated by commas.',
  }),
  RATE_LIMIT_REPLICAS: Type.Integer({
    minimum: 1,
    maximum: 1000,
    default: 2,
    description: 'While Redis is away each replica gives out this fraction of every quota.',
  }),
  RATE_LIMIT_TIMEOUT_MS: Type.Integer({
    minimum: 5,
    default: 100,
    description: 'How long Redis may take before local budgets are used.',
  }),
  REVOCATION_STALENESS_MAX_MS: Type.Integer({
    minimum: 1000,
    default: 60_000,
    description: 'Beyond this age of the revocation feed no token is accepted.',
  }),
  REALTIME_CONNECTIONS_MAX: Type.Integer({
    minimum: 1,
    default: 20_000,
    description: 'Realtime connections of this replica.',
  }),
  REALTIME_CONNECTIONS_PER_USER_MAX: Type.Integer({
    minimum: 1,
    default: 20,
    description: 'Realtime connections of one user.',
  }),
  REALTIME_CONNECTIONS_PER_ADDRESS_MAX: Type.Integer({
    minimum: 1,
    default: 500,
    description: 'Realtime connections from one address.',
  }),
  REALTIME_HEARTBEAT_MS: Type.Integer({ minimum: 100, default: 25_000, description: 'Time between heartbeats.' }),
  REALTIME_RING_ENTRIES_MAX: Type.Integer({
    minimum: 10,
    default: 20_000,
    description: 'Events kept in memory for resuming.',
  }),
  REALTIME_RING_BYTES_MAX: Type.Integer({
    minimum: 65_536,
    default: 67_108_864,
    description: 'Bytes of events kept in memory for resuming.',
  }),
  REALTIME_REPLAY_MAX: Type.Integer({
    minimum: 0,
    default: 50_000,
    description: 'Events of a stream that one resume may read back.',
  }),
  REALTIME_BUFFER_BYTES_SOFT: Type.Integer({
    minimum: 1024,
    default: 262_144,
    description: 'Untaken bytes at which a client falls behind.',
  }),
  REALTIME_BUFFER_BYTES_HARD: Type.Integer({
    minimum: 2048,
    default: 1_048_576,
    description: 'Untaken bytes at which a client is dropped.',
  }),
  REALTIME_BEHIND_MAX_MS: Type.Integer({
    minimum: 100,
    default: 15_000,
    description: 'How long a client may make no progress.',
  }),
});
/** Settings of the gateway. */
export type GatewayConfig = Readonly<Static<typeof GatewayConfig>>;

/** Reads the settings from the environment. */
export function loadGatewayConfig(env: Readonly<Record<string, string | undefined>>): GatewayConfig {
  return loadConfig(GatewayConfig, env, (config) => [
    ...(
      [
        'UPSTREAM_AUTH',
        'UPSTREAM_INGEST',
        'UPSTREAM_SEARCH',
        'UPSTREAM_PUBLISHER',
        'UPSTREAM_ROUTER',
        'UPSTREAM_MESH',
      ] as const
    ).flatMap((key) =>
      listOf(config[key]).every(isHttpUrl) ? [] : [`${key} must be http or https URLs, separated by commas`],
    ),
    ...(config.REALTIME_BUFFER_BYTES_SOFT < config.REALTIME_BUFFER_BYTES_HARD
      ? []
      : ['REALTIME_BUFFER_BYTES_SOFT must be less than REALTIME_BUFFER_BYTES_HARD']),
  ]);
}

/** The entries of a comma-separated setting. */
export function listOf(text: string): string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}
