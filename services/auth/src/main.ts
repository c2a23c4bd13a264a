import { ConfigError, runService, tracingFrom } from '@peermesh/service-kit';
import { createLogger } from '@peermesh/telemetry';
import { buildApp } from './app.ts';
import { type AuthConfig, loadAuthConfig } from './config.ts';

function readConfig(): AuthConfig {
  try {
    return loadAuthConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

const config = readConfig();
const logger = createLogger({ service: 'auth', level: config.LOG_LEVEL });
await runService({
  logger,
  host: config.HOST,
  port: config.PORT,
  graceMs: config.SHUTDOWN_GRACE_MS,
  forceMs: config.SHUTDOWN_FORCE_MS,
  tracing: tracingFrom('auth', config),
  start: async () => {
    const service = await buildApp(config, { logger });
    await service.start();
    return service;
  },
});
