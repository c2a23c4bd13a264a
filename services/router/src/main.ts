import { ConfigError, runService, tracingFrom } from '@peermesh/service-kit';
import { createLogger } from '@peermesh/telemetry';
import { buildApp } from './app.ts';
import { loadRouterConfig, type RouterConfig } from './config.ts';

function readConfig(): RouterConfig {
  try {
    return loadRouterConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

const config = readConfig();
const logger = createLogger({ service: 'router', level: config.LOG_LEVEL });
await runService({
  logger,
  host: config.HOST,
  port: config.PORT,
  graceMs: config.SHUTDOWN_GRACE_MS,
  forceMs: config.SHUTDOWN_FORCE_MS,
  tracing: tracingFrom('router', config),
  start: async () => {
    const service = await buildApp(config, { logger });
    await service.start();
    return service;
  },
});
