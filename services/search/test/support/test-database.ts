import { createDatabase, type Database, migrate } from '@peermesh/database';
import { silentLogger, startTestPostgres } from '@peermesh/testkit';

/** A migrated database of its own. */
export interface SearchTestDatabase {
  readonly db: Database<unknown>;
  readonly appUrl: string;
  readonly adminUrl: string;
  /** Stops and starts PostgreSQL; only with `own`. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Makes a database as production has it: roles, schema, migrations. */
export async function startSearchDatabase(options: { own?: boolean } = {}): Promise<SearchTestDatabase> {
  const postgres = await startTestPostgres(options);
  const database = await postgres.createDatabase({ service: 'search' });
  const logger = silentLogger();
  const migrationsDir = new URL('../../src/migrations/', import.meta.url);
  await migrate({ url: database.ownerUrl, schema: 'search', migrationsDir, logger });
  const db = createDatabase<unknown>({
    url: database.appUrl,
    schema: 'search',
    applicationName: 'search-test',
    logger,
  });
  return {
    db,
    appUrl: database.appUrl,
    adminUrl: database.adminUrl,
    restart: () => postgres.restart(),
    stop: async () => {
      await db.close();
      await database.drop();
      await postgres.stop();
    },
  };
}
