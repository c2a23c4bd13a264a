import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { appRole, databaseUrl, ensureDatabase, ensureRoles, ownerRole } from '@peermesh/infra/postgres';
import { findPostgresFolder, freePort, type GuardedProcess, startPostgresServer } from '@peermesh/infra/servers';
import pg from 'pg';
import { temporaryFolder } from './temporary-folder.ts';

/** A database of its own, with the schema and the two roles of one or more services as in production. */
export interface TestDatabase {
  readonly name: string;
  /** Role for migrations. */
  readonly ownerUrl: string;
  /** Role of the running service. */
  readonly appUrl: string;
  /** Superuser, for looking at everything. */
  readonly adminUrl: string;
  /** URLs of another service that was named in `services`. */
  urlsOf(service: string): { readonly ownerUrl: string; readonly appUrl: string };
  /** Deletes the database; does nothing when the cluster is already gone. */
  drop(): Promise<void>;
}

/** A PostgreSQL cluster for tests. */
export interface TestPostgres {
  /** Superuser URL. */
  readonly adminUrl: string;
  createDatabase(options: { readonly service: string; readonly services?: readonly string[] }): Promise<TestDatabase>;
  /** Stops and starts the server on the same port with the same data; only for a cluster of one's own. */
  restart(): Promise<void>;
  /** kill -9 of the server; `restart` brings it back. Only for a cluster of one's own. */
  kill(): Promise<void>;
  /** Stops the server and deletes its data. A shared cluster stays. */
  stop(): Promise<void>;
}

const ROLE_PASSWORD = 'test-only';

/**
 * The cluster at `PEERMESH_TEST_PG_URL`, or one of its own when that is not set or `own` is true.
 * A test that restarts or kills the server must ask for its own.
 */
export async function startTestPostgres(options: { readonly own?: boolean } = {}): Promise<TestPostgres> {
  const shared = process.env['PEERMESH_TEST_PG_URL'];
  return shared === undefined || options.own === true ? startOwnCluster() : useSharedCluster(shared);
}

function useSharedCluster(adminUrl: string): TestPostgres {
  const refuse = async (): Promise<never> => {
    throw new Error('this cluster is shared by all tests: use startTestPostgres({ own: true })');
  };
  return {
    adminUrl,
    createDatabase: (options) => createTestDatabase(adminUrl, options),
    restart: refuse,
    kill: refuse,
    stop: async () => undefined,
  };
}

async function startOwnCluster(): Promise<TestPostgres> {
  const binaries = findPostgresFolder();
  if (binaries === null) throw new Error('PostgreSQL is not installed: set PEERMESH_TEST_PG_URL or use `npm test`');
  const folder = temporaryFolder('pg');
  const serverOptions = {
    binaries,
    dataFolder: join(folder.path, 'data'),
    logFile: join(folder.path, 'postgres.log'),
    port: await freePort(),
    superuser: 'postgres',
    password: randomBytes(12).toString('hex'),
    durability: 'throwaway',
  } as const;
  const { process: first, url } = await startPostgresServer(serverOptions);
  let server: GuardedProcess = first;
  let isStopped = false;
  return {
    adminUrl: url,
    createDatabase: async (options) => {
      const database = await createTestDatabase(url, options);
      return { ...database, drop: async () => (isStopped ? undefined : database.drop()) };
    },
    restart: async () => {
      await server.stop();
      server = (await startPostgresServer(serverOptions)).process;
    },
    kill: () => server.kill(),
    stop: async () => {
      isStopped = true;
      await server.stop();
      folder.remove();
    },
  };
}

async function createTestDatabase(
  adminUrl: string,
  options: { readonly service: string; readonly services?: readonly string[] },
): Promise<TestDatabase> {
  const name = `test_${options.service.replaceAll('-', '_')}_${randomBytes(6).toString('hex')}`;
  const services = [...new Set([options.service, ...(options.services ?? [])])].map((service) => ({
    service,
    ownerPassword: ROLE_PASSWORD,
    appPassword: ROLE_PASSWORD,
  }));
  await ensureRoles(adminUrl, services);
  await ensureDatabase(adminUrl, name, services);
  const urlAs = (user: string): string => databaseUrl(adminUrl, { user, password: ROLE_PASSWORD, database: name });
  const urlsOf = (service: string): { ownerUrl: string; appUrl: string } => ({
    ownerUrl: urlAs(ownerRole(service)),
    appUrl: urlAs(appRole(service)),
  });
  return {
    name,
    ...urlsOf(options.service),
    adminUrl: databaseUrl(adminUrl, { database: name }),
    urlsOf,
    drop: () => dropDatabase(adminUrl, name),
  };
}

async function dropDatabase(adminUrl: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    await client.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`);
  } finally {
    await client.end();
  }
}
