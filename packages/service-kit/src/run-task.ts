import { migrate } from '@peermesh/database';
import { createLogger } from '@peermesh/telemetry';
import { ConfigError, type Environment, loadConfig, migrationConfig } from './config.ts';

/** Runs what a process is there for; when it fails the reason is on stderr and the process ends with 1. */
export async function runTask(task: () => Promise<void>): Promise<void> {
  try {
    await task();
  } catch (error) {
    process.stderr.write(`${error instanceof ConfigError ? error.message : stackOf(error)}\n`);
    process.exitCode = 1;
  }
}

/** The whole of a service's `migrate.ts`: brings its schema up to date, once, and ends. */
export async function runMigration(options: {
  readonly service: string;
  /** The service's name when absent. */
  readonly schema?: string;
  /** Folder of its migrations. */
  readonly migrations: URL;
  readonly env: Environment;
}): Promise<void> {
  const { service, schema = service, migrations: migrationsDir, env } = options;
  await runTask(async () => {
    const { LOG_LEVEL: level, MIGRATION_DATABASE_URL: url } = loadConfig(migrationConfig, env);
    const logger = createLogger({ service: `${service}-migrate`, level });
    const { applied } = await migrate({ url, schema, migrationsDir, logger });
    logger.info({ schema, applied }, 'schema is up to date');
  });
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
