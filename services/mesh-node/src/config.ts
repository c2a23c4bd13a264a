import { baseConfig, databaseConfig, loadConfig, natsConfig, redisConfig, tokenConfig } from '@peermesh/service-kit';
import { type Static, Type } from 'typebox';

/** Settings of a mesh node. */
export const MeshNodeConfigSchema = Type.Object({
  ...baseConfig,
  ...databaseConfig,
  ...natsConfig,
  ...redisConfig,
  ...tokenConfig,
  MESH_HOME: Type.String({
    minLength: 1,
    description: 'Folder of this node alone: its key, its certificate, its logs. Losing it makes another node.',
  }),
  MESH_NAME: Type.String({
    pattern: '^[a-z0-9][a-z0-9-]{0,62}$',
    description: 'Name of this node for people; the mesh knows it by its key.',
  }),
  MESH_LISTEN: Type.String({
    default: '',
    description:
      'Where other nodes connect, separated by commas: `wss://` for WebSocket, `grpcs://` for PeerLink over gRPC, without certificates `ws://` and `grpc://` on loopback; empty when this node only dials out.',
    examples: ['wss://0.0.0.0:8201,grpcs://0.0.0.0:8211'],
  }),
  MESH_GRPC_LISTEN: Type.String({
    default: '',
    pattern: '^$|^[^\\s/]+:[0-9]{1,5}$',
    description: 'Host and port of the gRPC API, such as `127.0.0.1:8301`; port 0 picks a free one, empty serves none.',
    examples: ['127.0.0.1:8301'],
  }),
  MESH_ADVERTISE: Type.String({
    default: '',
    description: 'Addresses under which others reach this node, separated by commas; `MESH_LISTEN` when empty.',
  }),
  MESH_REGION: Type.String({
    default: '',
    maxLength: 64,
    description: 'Region that paths and voters are spread over.',
  }),
  MESH_REVOCATIONS_AGE_MAX_MS: Type.Integer({
    minimum: 0,
    default: 60_000,
    description:
      'Without news of revoked tokens for this long every token is refused; 0 never asks, so that a node can be operated while NATS is away.',
  }),
  MESH_FACTS_MAX: Type.Integer({
    minimum: 100,
    default: 20_000,
    description: 'Facts that wait while PostgreSQL is away; later ones are counted as lost.',
  }),
  MESH_RETENTION_MONTHS: Type.Integer({
    minimum: 1,
    maximum: 120,
    default: 3,
    description: 'How long the message log and the history of the topology are kept in PostgreSQL.',
  }),
  MESH_TOPIC_RETENTION_HOURS: Type.Number({
    exclusiveMinimum: 0,
    default: 168,
    description: 'How long messages stay in the log of this node.',
  }),
  MESH_TOPIC_BYTES_MAX: Type.Integer({
    minimum: 1_048_576,
    default: 1_073_741_824,
    description: 'Bytes of a topic that stay in the log; twice as many while a node that wants them is away.',
  }),
  MESH_ROUTER_URL: Type.String({
    default: '',
    pattern: '^$|^https?://',
    description:
      'Base URL of the router whose routes this node takes while they are fresh; empty for own routes alone.',
    examples: ['http://router:8080'],
  }),
  MESH_ROUTER_FRESH_MS: Type.Integer({
    minimum: 1_000,
    default: 30_000,
    description: 'Routes of the router that are not confirmed for so long give way to those that this node computes.',
  }),
  MESH_DISK_RESERVE_BYTES: Type.Integer({
    minimum: 0,
    default: 268_435_456,
    description:
      'With less than this free on its disk the node asks clients to wait and writes only what keeps the mesh working.',
  }),
  MESH_HEARTBEAT_MS: Type.Integer({
    minimum: 2_000,
    maximum: 10_000,
    default: 5_000,
    description: 'How often a connection is asked for a sign of life; after three misses its peer is unhealthy.',
  }),
  MESH_SEND_QUEUE_MAX: Type.Integer({
    minimum: 1,
    maximum: 100_000,
    default: 100,
    description: 'Best-effort messages that wait for a node, and batches that wait for a PeerLink connection.',
  }),
  MESH_SEND_BLOCK_MS: Type.Integer({
    minimum: 0,
    maximum: 60_000,
    default: 500,
    description: 'How long a best-effort message waits for room in that queue before one is dropped.',
  }),
  MESH_SEND_OVERFLOW: Type.Enum(['drop-oldest', 'drop-newest'], {
    default: 'drop-oldest',
    description: 'Which best-effort message is dropped then; a reliable one never is.',
  }),
  MESH_KEY_EPOCH_HOURS: Type.Number({
    exclusiveMinimum: 0,
    maximum: 8760,
    default: 24,
    description: 'Age at which the mesh begins another key epoch; the node that leads decides.',
  }),
  MESH_MAY_RELAY: Type.Boolean({ default: true, description: 'Whether traffic of others may pass through this node.' }),
});
/** Settings of a mesh node. */
export type MeshNodeConfig = Readonly<Static<typeof MeshNodeConfigSchema>>;

/** Reads the settings; throws a ConfigError that names every bad key. */
export function loadMeshNodeConfig(env: Readonly<Record<string, string | undefined>>): MeshNodeConfig {
  return loadConfig(MeshNodeConfigSchema, env, (config) => [
    ...addressProblems('MESH_LISTEN', config.MESH_LISTEN),
    ...addressProblems('MESH_ADVERTISE', config.MESH_ADVERTISE),
  ]);
}

/** The addresses in a comma-separated setting. */
export function addressesOf(text: string): string[] {
  return text
    .split(',')
    .map((address) => address.trim())
    .filter((address) => address !== '');
}

function addressProblems(setting: string, text: string): string[] {
  const addresses = addressesOf(text);
  if (!addresses.every((address) => URL.canParse(address) && /^(wss?|grpcs?):$/.test(new URL(address).protocol)))
    return [`${setting} must be ws, wss, grpc or grpcs URLs, separated by commas`];
  const secure = addresses.filter((address) => /^(wss|grpcs):/.test(address));
  return secure.length > 0 && secure.length < addresses.length
    ? [`${setting} must be with TLS everywhere (wss, grpcs) or nowhere (ws, grpc)`]
    : [];
}
