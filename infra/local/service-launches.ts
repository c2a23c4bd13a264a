import { join } from 'node:path';
import type { Addresses, ServiceDefinition, ServiceName } from '../catalog.ts';
import { appRole, databaseUrl, ownerRole } from '../postgres/index.ts';
import type { Dependency } from './dependencies/dependency.ts';
import { natsUrlFor } from './dependencies/nats.ts';
import { type Secrets, writeSecretFiles } from './secrets.ts';
import type { ServiceLaunch } from './service-process.ts';
import type { Settings } from './settings.ts';
import type { StateFolder } from './state-folder.ts';

export const DATABASE = 'peermesh';

export interface Stores {
  readonly postgres: Dependency;
  readonly nats: Dependency;
  readonly redis: Dependency;
}

export interface LaunchContext {
  readonly settings: Settings;
  readonly state: StateFolder;
  readonly secrets: Secrets;
  readonly stores: Stores;
  /** Base URL of the gateway as clients reach it. */
  readonly publicUrl: string;
  readonly watch: boolean;
  readonly overrides: Partial<Record<ServiceName, Readonly<Record<string, string>>>>;
}

/** Everything that is needed to start a service; writes its secret files. */
export function serviceLaunch(definition: ServiceDefinition, context: LaunchContext): ServiceLaunch {
  const { settings, state } = context;
  const values = secretValues(definition.name, definition.secrets, context);
  return {
    name: definition.name,
    definition,
    settings,
    addresses: addressesOf(context, definition.name, {
      port: settings.ports[definition.name],
      linkPort: settings.ports.meshLink,
      rpcPort: settings.ports.meshRpc,
    }),
    secretFiles: writeSecretFiles(join(state.secrets, definition.name), values),
    overrides: context.overrides[definition.name] ?? {},
    logFile: state.logFile(definition.name),
    watch: context.watch,
  };
}

/** The same service with the rights of the schema's owner. */
export function migrationLaunch(launch: ServiceLaunch, context: LaunchContext): ServiceLaunch {
  const { definition } = launch;
  const keys = [...(definition.migrationSecrets ?? []), 'MIGRATION_DATABASE_URL'];
  const files = writeSecretFiles(
    join(context.state.secrets, definition.name),
    secretValues(definition.name, keys, context),
  );
  return { ...launch, secretFiles: { ...launch.secretFiles, ...files } };
}

/** The further processes of a service whose processes are not alike. */
export function siblingLaunches(launch: ServiceLaunch, context: LaunchContext): ServiceLaunch[] {
  const { ports } = context.settings;
  return (launch.definition.siblings ?? []).map(({ name, port, linkPort, rpcPort }) => ({
    ...launch,
    name,
    addresses: addressesOf(context, name, {
      port: ports[port],
      linkPort: ports[linkPort],
      rpcPort: ports[rpcPort],
    }),
    logFile: context.state.logFile(name),
  }));
}

/** A second gateway on its own port. */
export function replicaLaunch(launch: ServiceLaunch, context: LaunchContext): ServiceLaunch {
  return {
    ...launch,
    name: 'gateway-2',
    addresses: addressesOf(context, 'gateway-2', {
      port: context.settings.ports.gatewayReplica,
      linkPort: 0,
      rpcPort: 0,
    }),
    logFile: context.state.logFile('gateway-2'),
  };
}

function addressesOf(
  { settings, state, publicUrl }: LaunchContext,
  instance: string,
  { port, linkPort, rpcPort }: { readonly port: number; readonly linkPort: number; readonly rpcPort: number },
): Addresses {
  return {
    host: '127.0.0.1',
    port,
    logLevel: settings.logLevel,
    service: (name) => `http://127.0.0.1:${settings.ports[name]}`,
    publicUrl,
    isLocal: true,
    instance,
    dataFolder: join(state.data, instance),
    meshUrl: `ws://127.0.0.1:${linkPort}`,
    rpcPort,
  };
}

function secretValues(name: ServiceName, keys: readonly string[], context: LaunchContext): Record<string, string> {
  const { secrets, stores } = context;
  const own = secrets.services[name];
  const postgresUrl = (user: string, password: string): string =>
    databaseUrl(stores.postgres.url, { user, password, database: DATABASE });
  const known: Record<string, string> = {
    DATABASE_URL: postgresUrl(appRole(name), own.appPassword),
    MIGRATION_DATABASE_URL: postgresUrl(ownerRole(name), own.ownerPassword),
    NATS_URL: natsUrlFor(stores.nats, name, own.natsPassword),
    REDIS_URL: stores.redis.url,
    AUTH_KEY_ENCRYPTION_KEY: secrets.keyEncryptionKey,
    ADMIN_PASSWORD: secrets.adminPassword,
  };
  return Object.fromEntries(keys.map((key) => [key, known[key] ?? own.signingKey]));
}
