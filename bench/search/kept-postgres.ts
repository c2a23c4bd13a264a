import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { appRole, databaseUrl, ensureDatabase, ensureRoles, ownerRole } from '@peermesh/infra/postgres';
import { findPostgresFolder, freePort, startPostgresServer } from '@peermesh/infra/servers';
import type { TestPostgres } from '@peermesh/testkit';

const PASSWORD = 'bench-only';
const DATABASE = 'bench';

/** A cluster whose data stay in a folder, with one database: what was loaded once serves many runs. */
export async function startKeptPostgres(folder: string): Promise<Pick<TestPostgres, 'createDatabase' | 'stop'>> {
  const binaries = findPostgresFolder();
  if (binaries === null) throw new Error('PostgreSQL is not installed');
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const { process, url } = await startPostgresServer({
    binaries,
    dataFolder: join(folder, 'data'),
    logFile: join(folder, 'postgres.log'),
    port: await freePort(),
    superuser: 'postgres',
    password: PASSWORD,
    durability: 'throwaway',
  });
  return {
    createDatabase: async ({ service }) => {
      const owners = [{ service, ownerPassword: PASSWORD, appPassword: PASSWORD }];
      await ensureRoles(url, owners);
      await ensureDatabase(url, DATABASE, owners);
      const urlsOf = (name: string): { ownerUrl: string; appUrl: string } => ({
        ownerUrl: databaseUrl(url, { user: ownerRole(name), password: PASSWORD, database: DATABASE }),
        appUrl: databaseUrl(url, { user: appRole(name), password: PASSWORD, database: DATABASE }),
      });
      return {
        name: DATABASE,
        ...urlsOf(service),
        adminUrl: databaseUrl(url, { database: DATABASE }),
        urlsOf,
        drop: async () => undefined,
      };
    },
    stop: () => process.stop(),
  };
}
