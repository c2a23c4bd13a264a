import { availableParallelism } from 'node:os';
import { type ServiceName, serviceNamed, services } from '../catalog.ts';
import { ensureDatabase, ensureRoles } from '../postgres/index.ts';
import { type Dependency, portTaken } from './dependencies/dependency.ts';
import { natsUrlFor, openNats } from './dependencies/nats.ts';
import { openPostgres } from './dependencies/postgres.ts';
import { openRedis } from './dependencies/redis.ts';
import { deleteFleetRecord, type FleetPhase, processRecord, writeFleetRecord } from './fleet-record.ts';
import { describeError } from './launcher-error.ts';
import { tryToFormLocalMesh } from './mesh-step.ts';
import { isListening } from './port-owner.ts';
import { loadSecrets, type Secrets } from './secrets.ts';
import {
  DATABASE,
  type LaunchContext,
  migrationLaunch,
  replicaLaunch,
  type Stores,
  serviceLaunch,
  siblingLaunches,
} from './service-launches.ts';
import { launchService, migrateService, type ServiceLaunch } from './service-process.ts';
import type { Settings } from './settings.ts';
import { startInOrder } from './start-order.ts';
import { rotateLog, type StateFolder } from './state-folder.ts';
import { applyDeclaredStreams } from './streams-step.ts';
import { type Supervised, supervise } from './supervised.ts';
import type { Terminal } from './terminal.ts';
import { adminTokens } from './walk/admin-login.ts';

const MIGRATIONS_AT_ONCE = 2;
/** Each start is a core's work for a second; more at once than cores would only make all of them late. */
const SERVICES_AT_ONCE = Math.min(4, availableParallelism());

export interface FleetOptions {
  readonly settings: Settings;
  readonly state: StateFolder;
  readonly terminal: Terminal;
  /** Base URL of the edge as clients reach it; the gateway's own when absent. */
  readonly publicUrl?: string;
  /** Restart services on every change of their source. */
  readonly watch?: boolean;
  readonly gatewayReplicas?: 1 | 2;
  /** Start these services only. */
  readonly only?: readonly ServiceName[];
  /** Ends the start between two steps. */
  readonly signal?: AbortSignal;
  /** Settings of single services that differ from the catalog's. */
  readonly overrides?: Partial<Record<ServiceName, Readonly<Record<string, string>>>>;
}

/** A running fleet. */
export interface Fleet {
  readonly secrets: Secrets;
  readonly gatewayUrl: string;
  readonly stores: Stores;
  /** The stores that we run and the services, in the order in which they started. */
  readonly processes: readonly Supervised[];
  /** A process by name; a second gateway is called `gateway-2`. */
  process(name: string): Supervised;
  /** Starts one more process; it is supervised, recorded and stopped with the fleet, before everything else. */
  add(process: Supervised): Promise<void>;
  /** Writes down how far it is. */
  enter(phase: FleetPhase): void;
  /** Stops everything in the reverse order. */
  stop(): Promise<void>;
}

/**
 * Starts stores, roles, streams, migrations and services, each as a step of its own.
 * What has started is stopped again when a later step fails.
 */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const processes: Supervised[] = [];
  const startedAt = new Date().toISOString();
  const { settings, state, terminal } = options;
  const gatewayUrl = `http://127.0.0.1:${settings.ports.gateway}`;
  const publicUrl = options.publicUrl ?? gatewayUrl;
  let phase: FleetPhase = 'starting';
  let isRecorded = true;
  // The fleet goes on without its record, as on a full disk: what it says is then older than the fleet.
  const record = (): void => {
    try {
      writeFleetRecord(state, {
        launcherPid: process.pid,
        startedAt,
        publicUrl,
        phase,
        processes: processes.map(processRecord),
      });
      isRecorded = true;
    } catch (error) {
      if (isRecorded) terminal.event(`cannot write down the state of the fleet: ${describeError(error)}`);
      isRecorded = false;
    }
  };
  const stop = async (): Promise<void> => {
    for (const supervised of processes.toReversed()) await supervised.stop();
    deleteFleetRecord(state);
  };
  const add = async (supervised: Supervised): Promise<void> => {
    options.signal?.throwIfAborted();
    processes.push(supervised);
    await supervised.start();
    record();
  };
  try {
    const secrets = loadSecrets(state);
    await refuseTakenPorts(options);
    const stores = await openStores(options, secrets, processes, record);
    const context: LaunchContext = {
      settings,
      state,
      secrets,
      stores,
      publicUrl,
      watch: options.watch ?? false,
      overrides: options.overrides ?? {},
    };
    const launches = services
      .filter(({ name }) => options.only?.includes(name) ?? true)
      .map((service) => serviceLaunch(service, context));
    await prepare(options, context, launches);
    terminal.heading('Services');
    await startInOrder(
      withReplica(withSiblings(launches, context), context, options),
      SERVICES_AT_ONCE,
      async (launch) => {
        const supervised = supervisedService(launch, options, record);
        await terminal.step(
          supervised.name,
          () => add(supervised),
          () => launch.definition.summary,
        );
      },
    );
    await formMesh(options, secrets, gatewayUrl);
    return {
      secrets,
      gatewayUrl,
      stores,
      processes,
      add,
      stop,
      process: (name) => named(processes, name),
      enter: (next) => {
        phase = next;
        record();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The nodes of this machine belong to one mesh; without the services that it takes to log in it is not formed. */
async function formMesh(
  { settings, terminal, only }: FleetOptions,
  secrets: Secrets,
  gatewayUrl: string,
): Promise<void> {
  const needed = ['auth', 'gateway', 'mesh-node'] as const;
  if (!needed.every((name) => only?.includes(name) ?? true)) return;
  const { name, siblings = [] } = serviceNamed('mesh-node');
  const nodes = [{ name, port: name }, ...siblings].map((node) => ({
    name: node.name,
    url: `http://127.0.0.1:${settings.ports[node.port]}`,
  }));
  const token = adminTokens(gatewayUrl, secrets.adminPassword);
  await terminal.step(
    'mesh',
    () => tryToFormLocalMesh(nodes, token),
    (text) => text,
  );
}

async function openStores(
  { settings, state, terminal, signal }: FleetOptions,
  secrets: Secrets,
  processes: Supervised[],
  record: () => void,
): Promise<Stores> {
  const context = {
    settings,
    state,
    onEvent: terminal.event,
    onChange: record,
    onSupervised: (supervised: Supervised) => processes.push(supervised),
  };
  const services = Object.fromEntries(
    Object.entries(secrets.services).map(([name, { natsPassword }]) => [name, natsPassword]),
  ) as Record<ServiceName, string>;
  const open = (name: string, work: () => Promise<Dependency>): Promise<Dependency> => {
    signal?.throwIfAborted();
    return terminal.step(name, work, ({ description }) => description);
  };
  terminal.heading('Stores');
  return {
    postgres: await open('postgres', () => openPostgres(context, secrets.postgresPassword)),
    nats: await open('nats', () => openNats(context, { admin: secrets.natsAdminPassword, services })),
    redis: await open('redis', () => openRedis(context, secrets.redisPassword)),
  };
}

async function prepare(
  { terminal, signal }: FleetOptions,
  context: LaunchContext,
  launches: readonly ServiceLaunch[],
): Promise<void> {
  const { secrets, stores } = context;
  const schemas = services.map(({ name, databaseConnectionsMax }) => ({
    service: name,
    ownerPassword: secrets.services[name].ownerPassword,
    appPassword: secrets.services[name].appPassword,
    connectionLimit: databaseConnectionsMax,
  }));
  terminal.heading('Preparation');
  await terminal.step(
    'roles',
    async () => {
      await ensureRoles(stores.postgres.url, schemas);
      await ensureDatabase(stores.postgres.url, DATABASE, schemas);
    },
    () => `${schemas.length} schemas, each with an owner and an application role`,
  );
  await terminal.step(
    'streams',
    () => applyDeclaredStreams(natsUrlFor(stores.nats, 'admin', secrets.natsAdminPassword)),
    (count) => `${count} JetStream streams as declared`,
  );
  await terminal.step(
    'migrations',
    async () => {
      const queue = [...launches];
      const work = async (): Promise<void> => {
        for (let launch = queue.shift(); launch !== undefined; launch = queue.shift()) {
          signal?.throwIfAborted();
          rotateLog(launch.logFile);
          await migrateService(migrationLaunch(launch, context));
        }
      };
      await Promise.all(Array.from({ length: MIGRATIONS_AT_ONCE }, work));
    },
    () => launches.map(({ definition }) => definition.name).join(', '),
  );
}

/** Every process of every service, in the order in which they start. */
function withSiblings(launches: ServiceLaunch[], context: LaunchContext): ServiceLaunch[] {
  return launches.flatMap((launch) => [launch, ...siblingLaunches(launch, context)]);
}

function withReplica(launches: ServiceLaunch[], context: LaunchContext, options: FleetOptions): ServiceLaunch[] {
  const gateway = launches.find(({ definition }) => definition.name === 'gateway');
  if (options.gatewayReplicas !== 2 || gateway === undefined) return launches;
  return [...launches, replicaLaunch(gateway, context)];
}

function supervisedService(launch: ServiceLaunch, { terminal }: FleetOptions, record: () => void): Supervised {
  return supervise({
    name: launch.name,
    url: `http://127.0.0.1:${launch.addresses.port}`,
    logFile: launch.logFile,
    launch: (onSpawn) => launchService(launch, onSpawn),
    onEvent: terminal.event,
    onChange: record,
  });
}

/** Ports of services are checked before anything starts, so that the message comes at once. */
async function refuseTakenPorts({ settings, gatewayReplicas }: FleetOptions): Promise<void> {
  for (const { name, siblings = [] } of services) {
    const places = [
      { name, port: name },
      ...siblings,
      ...siblings.flatMap(({ name: of, linkPort, rpcPort }) => [
        { name: of, port: linkPort },
        { name: of, port: rpcPort },
      ]),
    ];
    for (const { name: process, port } of places) {
      if (await isListening(settings.ports[port])) throw portTaken(process, port, settings.ports[port]);
    }
  }
  if (gatewayReplicas === 2 && (await isListening(settings.ports.gatewayReplica))) {
    throw portTaken('the second gateway', 'gatewayReplica', settings.ports.gatewayReplica);
  }
}

function named(processes: readonly Supervised[], name: string): Supervised {
  const found = processes.find((supervised) => supervised.name === name);
  if (found === undefined) throw new Error(`no process of the fleet is called ${name}`);
  return found;
}
