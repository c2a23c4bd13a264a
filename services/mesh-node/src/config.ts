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
    pattern: '^$|^wss?://',
    description: 'Where other nodes connect, such as `ws://127.0.0.1:8201`; empty when this node only dials out.',
    examples: ['wss://0.0.0.0:8201'],
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
  MESH_MAY_RELAY: Type.Boolean({ default: true, description: 'Whether traffic of others may pass through this node.' }),
});
/** Settings of a mesh node. */
export type MeshNodeConfig = Readonly<Static<typeof MeshNodeConfigSchema>>;

/** Reads the settings; throws a ConfigError that names every bad key. */
export function loadMeshNodeConfig(env: Readonly<Record<string, string | undefined>>): MeshNodeConfig {
  return loadConfig(MeshNodeConfigSchema, env, (config) =>
    addressesOf(config.MESH_ADVERTISE).every(isNodeAddress)
      ? []
      : ['MESH_ADVERTISE must be ws or wss URLs, separated by commas'],
  );
}

/** The addresses in a comma-separated setting. */
export function addressesOf(text: string): string[] {
  return text
    .split(',')
    .map((address) => address.trim())
    .filter((address) => address !== '');
}

function isNodeAddress(text: string): boolean {
  return URL.canParse(text) && /^wss?:$/.test(new URL(text).protocol);
}
