import { migrate } from '@peermesh/database';
import { loadConfig, migrationConfig } from '@peermesh/service-kit';
import { createLogger } from '@peermesh/telemetry';

const config = loadConfig(migrationConfig, process.env);
const logger = createLogger({ service: 'gateway-migrate', level: config.LOG_LEVEL });
await migrate({
  url: config.MIGRATION_DATABASE_URL,
  schema: 'gateway',
  migrationsDir: new URL('./migrations', import.meta.url),
  logger,
});
