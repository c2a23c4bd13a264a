import { createDatabase, type Database, migrate } from '@peermesh/database';
import { silentLogger, startTestPostgres } from '@peermesh/testkit';
import type { IngestSchema } from '../../src/adapters/pg/schema.ts';

/** A migrated database of its own. */
export interface IngestTestDatabase {
  readonly db: Database<IngestSchema>;
  readonly appUrl: string;
  readonly adminUrl: string;
  /** Stops and starts PostgreSQL; only with `own`. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Makes a database as production has it: roles, schema, migrations. */
export async function startIngestDatabase(options: { own?: boolean } = {}): Promise<IngestTestDatabase> {
  const postgres = await startTestPostgres(options);
  const database = await postgres.createDatabase({ service: 'ingest' });
  const logger = silentLogger();
  const migrationsDir = new URL('../../src/migrations/', import.meta.url);
  await migrate({ url: database.ownerUrl, schema: 'ingest', migrationsDir, logger });
  const db = createDatabase<IngestSchema>({
    url: database.appUrl,
    schema: 'ingest',
    applicationName: 'ingest-test',
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
