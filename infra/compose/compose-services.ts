import { type Addresses, type ServiceDefinition, services } from '../catalog.ts';
import { semiSpaceFlags } from '../node-flags.ts';
import { appRole, ownerRole } from '../postgres/roles.ts';
import { IMAGES } from './images.ts';

/** One entry under `services:` of a compose file. */
export type ComposeService = Readonly<Record<string, unknown>>;

export const CONTAINER_PORT = 8080;

const HARDENING = {
  read_only: true,
  tmpfs: ['/tmp:size=64m'],
  cap_drop: ['ALL'],
  security_opt: ['no-new-privileges:true'],
  restart: 'unless-stopped',
} as const;

/** Where a container keeps what it must not lose. */
const DATA_FOLDER = '/data';
/** Where the job that makes certificates finds the authority of the mesh. */
const AUTHORITY_FOLDER = '/ca';
const AUTHORITY_VOLUME = 'mesh-ca';
const MESH = 'peermesh';

const FLEET = ['fleet'];
const DEV = ['dev'];
const PREPARED = { condition: 'service_completed_successfully' } as const;
const HEALTHY = { condition: 'service_healthy' } as const;

const MESH_PORT = 8201;
export const RPC_PORT = 8301;

/** Where containers find each other. */
export const composeAddresses: Addresses = {
  host: '0.0.0.0',
  port: CONTAINER_PORT,
  logLevel: '${LOG_LEVEL:-info}',
  service: (name) => `http://${name}:${CONTAINER_PORT}`,
  publicUrl: '${PEERMESH_PUBLIC_URL:-https://localhost:8443}',
  isLocal: false,
  ...placeOf('mesh-node'),
};

/** What is a container's own. */
function placeOf(instance: string): Pick<Addresses, 'instance' | 'dataFolder' | 'meshUrl' | 'rpcPort'> {
  return { instance, dataFolder: DATA_FOLDER, meshUrl: `wss://${instance}:${MESH_PORT}`, rpcPort: RPC_PORT };
}

/** Name of the secret that holds one key of one service. */
export function secretName(service: string, key: string): string {
  return `${service}_${key.toLowerCase()}`;
}

/** The services of the fleet, their one-shot migrations, and the same with hot reload for development. */
export function fleetServices(): Record<string, ComposeService> {
  const entries: Record<string, ComposeService> = { streams: streamsJob() };
  for (const service of services) {
    entries[`${service.name}-migrate`] = migrationJob(service);
    const instances = [service.name, ...siblingsOf(service)];
    for (const instance of instances) entries[instance] = deployable(service, instance);
    if (service.siblings !== undefined) Object.assign(entries, certificateJobs(service, instances));
  }
  for (const service of services) {
    for (const instance of [service.name, ...siblingsOf(service)])
      entries[`${instance}-dev`] = developed(service, instance);
  }
  return entries;
}

/** Volumes of what keeps something on a disk of its own. */
export function dataVolumes(): string[] {
  const kept = services.filter(({ siblings }) => siblings !== undefined);
  return [AUTHORITY_VOLUME, ...kept.flatMap((service) => [service.name, ...siblingsOf(service)])];
}

function siblingsOf({ siblings = [] }: ServiceDefinition): string[] {
  return siblings.map(({ name }) => name);
}

function deployable(service: ServiceDefinition, instance: string): ComposeService {
  const { memoryMiB, cpus } = service.resources;
  return {
    profiles: FLEET,
    image: `peermesh/${service.name}:\${PEERMESH_VERSION:-local}`,
    build: build(service.name),
    ...HARDENING,
    ...(service.semiSpaceMiB === undefined ? {} : { command: ['node', ...semiSpaceFlags(service), 'dist/main.js'] }),
    environment: environment(service, service.secrets, instance),
    ...(service.siblings === undefined ? {} : { volumes: [`${instance}:${DATA_FOLDER}`] }),
    secrets: service.secrets.map((key) => secretName(service.name, key)),
    depends_on: dependsOn(service, instance),
    networks: networks(service),
    stop_grace_period: '30s',
    deploy: { replicas: service.replicas, resources: { limits: { memory: `${memoryMiB}M`, cpus: String(cpus) } } },
    logging: { driver: 'json-file', options: { 'max-size': '20m', 'max-file': '3' } },
  };
}

/** Node watches the mounted source; node_modules come from the host, which must be Linux with glibc. */
function developed(service: ServiceDefinition, instance: string): ComposeService {
  const {
    build: _build,
    read_only: _readOnly,
    deploy: _deploy,
    restart: _restart,
    ...rest
  } = deployable(service, instance) as Record<string, unknown>;
  return {
    ...rest,
    profiles: DEV,
    image: IMAGES.node,
    user: '${UID:-1000}:${GID:-1000}',
    working_dir: `/workspace/services/${service.name}`,
    command: ['node', '--watch', '--conditions=@peermesh/source', 'src/main.ts'],
    volumes: ['.:/workspace:ro', ...((rest['volumes'] as string[] | undefined) ?? [])],
    // The same names as in the fleet, so that addresses do not change.
    networks: Object.fromEntries(networks(service).map((network) => [network, { aliases: [instance] }])),
  };
}

function migrationJob(service: ServiceDefinition): ComposeService {
  const keys = migrationKeys(service);
  return {
    profiles: [...FLEET, ...DEV],
    image: `peermesh/${service.name}:\${PEERMESH_VERSION:-local}`,
    build: build(service.name),
    ...HARDENING,
    restart: 'on-failure:3',
    command: ['node', 'dist/migrate.js'],
    environment: environment(service, keys, service.name),
    secrets: keys.map((key) => secretName(service.name, key)),
    depends_on: { postgres: HEALTHY },
    networks: ['stores'],
  };
}

/** What a migration gets: the configuration of the service, and the rights of the schema's owner. */
export function migrationKeys(service: Pick<ServiceDefinition, 'secrets' | 'migrationSecrets'>): string[] {
  return [...service.secrets, ...(service.migrationSecrets ?? []), 'MIGRATION_DATABASE_URL'];
}

function certificateJobName(instance: string): string {
  return `${instance}-certificate`;
}

/** Make the authority of the mesh and the certificates of its nodes, one after the other, and renew them at each start. */
function certificateJobs(service: ServiceDefinition, instances: readonly string[]): Record<string, ComposeService> {
  const jobs = instances.map((instance, index): [string, ComposeService] => {
    const before = instances[index - 1];
    const job = {
      profiles: [...FLEET, ...DEV],
      image: `peermesh/${service.name}:\${PEERMESH_VERSION:-local}`,
      build: build(service.name),
      ...HARDENING,
      restart: 'on-failure:3',
      command: ['node', 'dist/cli/main.js', 'ca', 'prepare', AUTHORITY_FOLDER, MESH, DATA_FOLDER],
      volumes: [`${AUTHORITY_VOLUME}:${AUTHORITY_FOLDER}`, `${instance}:${DATA_FOLDER}`],
      ...(before === undefined ? {} : { depends_on: { [certificateJobName(before)]: PREPARED } }),
      network_mode: 'none',
    };
    return [certificateJobName(instance), job];
  });
  return Object.fromEntries(jobs);
}

function streamsJob(): ComposeService {
  return {
    profiles: [...FLEET, ...DEV],
    image: 'peermesh/infra:${PEERMESH_VERSION:-local}',
    build: build('infra'),
    ...HARDENING,
    restart: 'on-failure:3',
    command: ['node', 'dist/apply-streams.js'],
    environment: { NATS_URL_FILE: '/run/secrets/nats_admin_url' },
    secrets: ['nats_admin_url'],
    depends_on: { nats: HEALTHY },
    networks: ['stores'],
  };
}

function build(service: string): ComposeService {
  return { context: '.', dockerfile: 'infra/docker/Dockerfile', args: { SERVICE: service } };
}

function environment(service: ServiceDefinition, secrets: readonly string[], instance: string): Record<string, string> {
  return {
    ...service.env({ ...composeAddresses, ...placeOf(instance) }),
    OTEL_ENABLED: '${OTEL_ENABLED:-false}',
    OTLP_URL: 'http://otel-collector:4318/v1/traces',
    ...Object.fromEntries(secrets.map((key) => [`${key}_FILE`, `/run/secrets/${secretName(service.name, key)}`])),
  };
}

function dependsOn(service: ServiceDefinition, instance: string): ComposeService {
  return {
    ...Object.fromEntries(service.stores.map((store) => [store, HEALTHY])),
    streams: PREPARED,
    [`${service.name}-migrate`]: PREPARED,
    ...(service.siblings === undefined ? {} : { [certificateJobName(instance)]: PREPARED }),
  };
}

/** Behind nginx: the gateway, and the gRPC API of the mesh. */
const AT_EDGE: ReadonlySet<string> = new Set(['gateway', 'mesh-node']);

/** Stores are reached by services only; what opens connections to the outside says so. */
function networks({ name, hasEgress }: ServiceDefinition): string[] {
  return ['stores', 'fleet', ...(AT_EDGE.has(name) ? ['edge'] : []), ...(hasEgress ? ['egress'] : [])];
}

/** Every secret that the compose file mounts. */
export function secretNames(): string[] {
  const ofServices = services.flatMap(({ name, secrets, migrationSecrets = [] }) =>
    migrationKeys({ secrets, migrationSecrets }).map((key) => secretName(name, key)),
  );
  const ofRoles = services.flatMap(({ name }) => [ownerRole(name), appRole(name)].map((role) => `${role}_password`));
  const ofServers = [
    'postgres_password',
    'redis_config',
    'nats_admin_url',
    'nats_config',
    'tls_certificate',
    'tls_key',
    'grafana_password',
  ];
  return [...ofServers, ...ofRoles, ...ofServices];
}
