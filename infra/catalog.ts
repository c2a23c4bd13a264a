import { peermeshStreams, type StreamDeclaration } from '@peermesh/messaging/streams';
import { type DependencyName, PORTS, type PortName, SERVICE_NAMES, type ServiceName } from './names.ts';

export {
  DEPENDENCY_NAMES,
  type DependencyName,
  PORTS,
  type PortName,
  SERVICE_NAMES,
  type ServiceName,
  schemaOf,
} from './names.ts';

/** Where a service finds the others; made by whoever runs the fleet (launcher, compose). */
export interface Addresses {
  /** Interface that the service listens on. */
  readonly host: string;
  readonly port: number;
  readonly logLevel: string;
  /** Base URL of a service as other services reach it. */
  service(name: ServiceName): string;
  /** Base URL of the gateway as clients reach it. */
  readonly publicUrl: string;
  /** Whether everything runs on one machine, where webhooks and feeds may live on the loopback interface. */
  readonly isLocal: boolean;
  /** Name of this process among those of its service. */
  readonly instance: string;
  /** Folder that this process alone has, and keeps over restarts. */
  readonly dataFolder: string;
  /** Where other nodes of the mesh reach this one. */
  readonly meshUrl: string;
  /** Of the gRPC API of a mesh node. */
  readonly rpcPort: number;
}

/** One more process of a service whose processes are not alike. */
export interface Sibling {
  readonly name: string;
  readonly port: PortName;
  /** Port for other nodes of the mesh. */
  readonly linkPort: PortName;
  /** Port of its gRPC API. */
  readonly rpcPort: PortName;
}

/** One deployable service. Launcher, compose, nginx, Prometheus and PostgreSQL roles are made from this. */
export interface ServiceDefinition {
  /** Also the name of its folder under `services/`, of its PostgreSQL schema and of its NATS user. */
  readonly name: ServiceName;
  readonly summary: string;
  readonly port: number;
  readonly stores: readonly DependencyName[];
  /** Services that it calls over HTTP. */
  readonly calls: readonly ServiceName[];
  /** Whether it opens connections to the outside (feeds, webhooks, mail). */
  readonly hasEgress: boolean;
  /** Paths under `/api/v1` that the gateway forwards to it. */
  readonly routePrefixes: readonly string[];
  /** Subjects that it publishes; its NATS user may publish nothing else. */
  readonly publishes: readonly string[];
  /** Subjects that it consumes. */
  readonly consumes: readonly string[];
  /** Connections that its roles may hold in PostgreSQL, all replicas together. */
  readonly databaseConnectionsMax: number;
  readonly replicas: number;
  /** Further processes of it, each with a name, a disk and ports of its own, where {@link replicas} are all alike. */
  readonly siblings?: readonly Sibling[];
  readonly resources: { readonly memoryMiB: number; readonly cpus: number };
  /** Limit of V8's young generation, for services that keep little and wait much; its default otherwise. */
  readonly semiSpaceMiB?: number;
  /** Keys of its configuration that are secrets; they arrive as files. */
  readonly secrets: readonly string[];
  /** Secrets that only its migration gets, besides the owner's URL. */
  readonly migrationSecrets?: readonly string[];
  /** The rest of its configuration. */
  env(at: Addresses): Readonly<Record<string, string>>;
}

const base = (at: Addresses): Record<string, string> => ({
  HOST: at.host,
  PORT: String(at.port),
  LOG_LEVEL: at.logLevel,
  JWKS_URL: `${at.service('auth')}/api/v1/.well-known/jwks.json`,
});

/** The interface and the port of a mesh URL: in containers every interface, because the network is their own. */
function listenUrl({ host, meshUrl }: Addresses): string {
  const { protocol, port } = new URL(meshUrl);
  return `${protocol}//${host}:${port}`;
}

const definitions: { readonly [Name in ServiceName]: Omit<ServiceDefinition, 'name' | 'port'> } = {
  auth: {
    summary: 'users, tokens, API keys; the decision log',
    stores: ['postgres', 'nats'],
    calls: [],
    hasEgress: false,
    routePrefixes: ['/auth', '/users', '/roles', '/sessions', '/api-keys', '/decisions', '/.well-known/jwks.json'],
    publishes: ['auth.>'],
    consumes: ['auth.>'],
    databaseConnectionsMax: 40,
    replicas: 1,
    resources: { memoryMiB: 512, cpus: 1 },
    semiSpaceMiB: 8,
    secrets: ['DATABASE_URL', 'NATS_URL', 'AUTH_KEY_ENCRYPTION_KEY'],
    migrationSecrets: ['ADMIN_PASSWORD'],
    env: (at) => ({ ...base(at), ADMIN_EMAIL: 'admin@peermesh.local' }),
  },
  ingest: {
    summary: 'sources, intake, extraction jobs',
    stores: ['postgres', 'nats', 'redis'],
    calls: ['auth'],
    hasEgress: true,
    routePrefixes: ['/content', '/sources', '/extraction-jobs', '/ingest'],
    publishes: ['content.>', 'ai.>', 'auth.decision_logged'],
    consumes: ['ai.>', 'auth.session_revoked'],
    databaseConnectionsMax: 40,
    replicas: 1,
    resources: { memoryMiB: 1024, cpus: 2 },
    secrets: ['DATABASE_URL', 'NATS_URL', 'REDIS_URL', 'INGEST_ENCRYPTION_KEY'],
    env: (at) => ({ ...base(at), ...(at.isLocal ? { INGEST_ALLOW_PRIVATE_HOSTS: '127.0.0.1,localhost' } : {}) }),
  },
  search: {
    summary: 'knowledge of record; four search legs; fusion',
    stores: ['postgres', 'nats'],
    calls: ['auth'],
    hasEgress: false,
    routePrefixes: ['/search', '/documents', '/entities', '/relationships', '/trends'],
    publishes: ['search.>', 'publishing.triggered', 'auth.decision_logged'],
    consumes: ['ai.extracted', 'content.>', 'auth.session_revoked'],
    databaseConnectionsMax: 60,
    replicas: 1,
    resources: { memoryMiB: 2048, cpus: 2 },
    secrets: ['DATABASE_URL', 'NATS_URL'],
    env: base,
  },
  publisher: {
    summary: 'subscriptions, channels, deliveries, engagement',
    stores: ['postgres', 'nats'],
    calls: ['auth'],
    hasEgress: true,
    routePrefixes: [
      '/subscriptions',
      '/channels',
      '/endpoints',
      '/deliveries',
      '/notifications',
      '/preferences',
      '/engagement',
      '/publisher',
    ],
    publishes: ['publishing.>', 'auth.decision_logged'],
    consumes: ['publishing.triggered', 'auth.user_changed', 'auth.session_revoked'],
    databaseConnectionsMax: 40,
    replicas: 1,
    resources: { memoryMiB: 1024, cpus: 1 },
    secrets: ['DATABASE_URL', 'NATS_URL', 'PUBLISHER_ENCRYPTION_KEY'],
    env: (at) => ({
      ...base(at),
      PUBLIC_URL: at.publicUrl,
      ...(at.isLocal ? { PUBLISHER_ALLOW_PRIVATE_HOSTS: '127.0.0.1,localhost' } : {}),
    }),
  },
  router: {
    summary: 'paths of meshes: topology, constraints, what-if, policies',
    stores: ['postgres', 'nats', 'redis'],
    calls: ['auth'],
    hasEgress: false,
    routePrefixes: ['/router'],
    publishes: ['router.>', 'auth.decision_logged'],
    consumes: ['mesh.link_state_changed', 'auth.session_revoked'],
    databaseConnectionsMax: 20,
    replicas: 1,
    resources: { memoryMiB: 512, cpus: 2 },
    semiSpaceMiB: 8,
    secrets: ['DATABASE_URL', 'NATS_URL', 'REDIS_URL'],
    env: base,
  },
  'mesh-node': {
    summary: 'a node of the mesh: links, consensus, forwarding, topics',
    stores: ['postgres', 'nats', 'redis'],
    calls: ['auth', 'router'],
    hasEgress: true,
    routePrefixes: ['/mesh'],
    publishes: ['mesh.>', 'auth.decision_logged'],
    consumes: ['auth.session_revoked', 'router.routes_computed'],
    databaseConnectionsMax: 30,
    replicas: 1,
    siblings: [
      { name: 'mesh-node-2', port: 'meshNode2', linkPort: 'meshLink2', rpcPort: 'meshRpc2' },
      { name: 'mesh-node-3', port: 'meshNode3', linkPort: 'meshLink3', rpcPort: 'meshRpc3' },
    ],
    resources: { memoryMiB: 1024, cpus: 2 },
    semiSpaceMiB: 8,
    secrets: ['DATABASE_URL', 'NATS_URL', 'REDIS_URL'],
    env: (at) => ({
      ...base(at),
      INSTANCE_ID: at.instance,
      DATABASE_POOL_MAX: '4',
      MESH_HOME: at.dataFolder,
      MESH_NAME: at.instance,
      MESH_LISTEN: listenUrl(at),
      MESH_ADVERTISE: at.meshUrl,
      MESH_GRPC_LISTEN: `${at.host}:${at.rpcPort}`,
      MESH_ROUTER_URL: at.service('router'),
    }),
  },
  gateway: {
    summary: 'the edge: routes, identity, limits, realtime',
    stores: ['postgres', 'nats', 'redis'],
    calls: ['auth', 'ingest', 'search', 'publisher', 'router', 'mesh-node'],
    hasEgress: false,
    routePrefixes: ['/gateway', '/realtime', '/openapi.json'],
    publishes: ['gateway.>', 'auth.decision_logged'],
    consumes: ['gateway.>', 'auth.session_revoked', 'search.>', 'publishing.realtime_notified'],
    databaseConnectionsMax: 30,
    replicas: 2,
    resources: { memoryMiB: 1024, cpus: 2 },
    secrets: ['DATABASE_URL', 'NATS_URL', 'REDIS_URL'],
    env: (at) => ({
      ...base(at),
      UPSTREAM_AUTH: at.service('auth'),
      UPSTREAM_INGEST: at.service('ingest'),
      UPSTREAM_SEARCH: at.service('search'),
      UPSTREAM_PUBLISHER: at.service('publisher'),
      UPSTREAM_ROUTER: at.service('router'),
      UPSTREAM_MESH: at.service('mesh-node'),
      // In containers nginx comes from one of the private networks, and nobody else can reach the gateway.
      ...(at.isLocal ? {} : { TRUSTED_PROXIES: '10.0.0.0/8,172.16.0.0/12,192.168.0.0/16' }),
    }),
  },
};

/** The fleet, in the order in which it starts. */
export const services: readonly ServiceDefinition[] = SERVICE_NAMES.map((name) => ({
  name,
  port: PORTS[name],
  ...definitions[name],
}));

/** One service of the fleet. */
export function serviceNamed(name: ServiceName): ServiceDefinition {
  return { name, port: PORTS[name], ...definitions[name] };
}

/** Every JetStream stream; a service publishes into those that its subjects fall into. */
export const streams: readonly StreamDeclaration[] = peermeshStreams;
