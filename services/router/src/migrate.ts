import { migrate } from '@peermesh/database';
import { ConfigError, loadConfig, migrationConfig } from '@peermesh/service-kit';
import { createLogger } from '@peermesh/telemetry';

try {
  const config = loadConfig(migrationConfig, process.env);
  const logger = createLogger({ service: 'router-migrate', level: config.LOG_LEVEL });
  const { applied } = await migrate({
    url: config.MIGRATION_DATABASE_URL,
    schema: 'router',
    migrationsDir: new URL('./migrations/', import.meta.url),
    logger,
  });
  logger.info({ applied }, 'schema router is up to date');
} catch (error) {
  process.stderr.write(
    `${error instanceof ConfigError ? error.message : String(error instanceof Error ? error.stack : error)}\n`,
  );
  process.exitCode = 1;
}
