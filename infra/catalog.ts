import { peermeshStreams, type StreamDeclaration } from '@peermesh/messaging/streams';
import { type DependencyName, PORTS, SERVICE_NAMES, type ServiceName } from './names.ts';

export {
  DEPENDENCY_NAMES,
  type DependencyName,
  PORTS,
  type PortName,
  SERVICE_NAMES,
  type ServiceName,
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
  readonly resources: { readonly memoryMiB: number; readonly cpus: number };
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
    secrets: ['DATABASE_URL', 'NATS_URL', 'REDIS_URL'],
    env: base,
  },
  gateway: {
    summary: 'the edge: routes, identity, limits, realtime',
    stores: ['postgres', 'nats', 'redis'],
    calls: ['auth', 'ingest', 'search', 'publisher', 'router'],
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
