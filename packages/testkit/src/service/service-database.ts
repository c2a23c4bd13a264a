import { createDatabase, type Database, migrate } from '@peermesh/database';
import { silentLogger } from '../silent-logger.ts';
import { startTestPostgres } from '../test-postgres.ts';

/** A migrated database of its own, as production has it: roles, schema, migrations. */
export interface ServiceDatabase<Schema = unknown> {
  readonly db: Database<Schema>;
  readonly appUrl: string;
  readonly adminUrl: string;
  /** Stops and starts PostgreSQL; only with `own`. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Makes the database of a service.
 * @param options.service name of the service, which is that of its schema
 * @param options.migrations folder of its migrations
 * @param options.own a cluster of its own, for tests that restart it
 */
export async function startServiceDatabase<Schema = unknown>(options: {
  readonly service: string;
  readonly migrations: URL;
  readonly own?: boolean;
}): Promise<ServiceDatabase<Schema>> {
  const { service, migrations: migrationsDir } = options;
  const postgres = await startTestPostgres(options);
  const { ownerUrl, appUrl, adminUrl, drop } = await postgres.createDatabase({ service });
  const logger = silentLogger();
  await migrate({ url: ownerUrl, schema: service, migrationsDir, logger });
  const db = createDatabase<Schema>({ url: appUrl, schema: service, applicationName: `${service}-test`, logger });
  return {
    db,
    appUrl,
    adminUrl,
    restart: () => postgres.restart(),
    stop: async () => {
      await db.close();
      await drop();
      await postgres.stop();
    },
  };
}
