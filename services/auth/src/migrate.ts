import { dropPartitionsOlderThan, migrate } from '@peermesh/database';
import { runTask } from '@peermesh/service-kit/task';
import { createLogger } from '@peermesh/telemetry';
import pg from 'pg';
import { loadAuthMigrationConfig } from './config.ts';
import { ensureFirstAdmin } from './usecases/first-admin.ts';

const DECISIONS = { schema: 'auth', table: 'auth_decisions' } as const;

await runTask(async () => {
  const config = loadAuthMigrationConfig(process.env);
  const logger = createLogger({ service: 'auth-migrate', level: config.LOG_LEVEL });
  const url = config.MIGRATION_DATABASE_URL;
  const { applied } = await migrate({
    url,
    schema: 'auth',
    migrationsDir: new URL('./migrations/', import.meta.url),
    logger,
  });
  const owner = new pg.Pool({ connectionString: url, max: 1 });
  const dropped = await dropPartitionsOlderThan(owner, DECISIONS, { keepMonths: config.DECISIONS_KEEP_MONTHS });
  await owner.end();
  const { ADMIN_EMAIL: email, ADMIN_PASSWORD: password } = config;
  const admin = email === '' ? { created: false } : await ensureFirstAdmin({ url, email, password, logger });
  logger.info({ applied, dropped, adminCreated: admin.created }, 'schema auth is up to date');
});
