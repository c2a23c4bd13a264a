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
  const values = secretValues(definition, context);
  return {
    name: definition.name,
    definition,
    settings,
    addresses: addressesOf(context, settings.ports[definition.name]),
    secretFiles: writeSecretFiles(join(state.secrets, definition.name), values),
    overrides: context.overrides[definition.name] ?? {},
    logFile: state.logFile(definition.name),
    watch: context.watch,
  };
}

/** The same service with the rights of the schema's owner. */
export function migrationLaunch(launch: ServiceLaunch, context: LaunchContext): ServiceLaunch {
  const { name } = launch.definition;
  const url = databaseUrl(context.stores.postgres.url, {
    user: ownerRole(name),
    password: context.secrets.services[name].ownerPassword,
    database: DATABASE,
  });
  const folder = join(context.state.secrets, name);
  return {
    ...launch,
    secretFiles: { ...launch.secretFiles, ...writeSecretFiles(folder, { MIGRATION_DATABASE_URL: url }) },
  };
}

/** A second gateway on its own port. */
export function replicaLaunch(launch: ServiceLaunch, context: LaunchContext): ServiceLaunch {
  return {
    ...launch,
    name: 'gateway-2',
    addresses: addressesOf(context, context.settings.ports.gatewayReplica),
    logFile: context.state.logFile('gateway-2'),
  };
}

function addressesOf({ settings, publicUrl }: LaunchContext, port: number): Addresses {
  return {
    host: '127.0.0.1',
    port,
    logLevel: settings.logLevel,
    service: (name) => `http://127.0.0.1:${settings.ports[name]}`,
    publicUrl,
    isLocal: true,
  };
}

function secretValues(definition: ServiceDefinition, context: LaunchContext): Record<string, string> {
  const { secrets, stores } = context;
  const own = secrets.services[definition.name];
  const known: Record<string, string> = {
    DATABASE_URL: databaseUrl(stores.postgres.url, {
      user: appRole(definition.name),
      password: own.appPassword,
      database: DATABASE,
    }),
    NATS_URL: natsUrlFor(stores.nats, definition.name, own.natsPassword),
    REDIS_URL: stores.redis.url,
    AUTH_KEY_ENCRYPTION_KEY: secrets.keyEncryptionKey,
    ADMIN_PASSWORD: secrets.adminPassword,
  };
  return Object.fromEntries(definition.secrets.map((key) => [key, known[key] ?? own.signingKey]));
}
