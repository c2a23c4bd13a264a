import { runService } from '@peermesh/service-kit';
import { createLogger } from '@peermesh/telemetry';
import { buildApp } from './app.ts';
import { loadGatewayConfig } from './config.ts';

const config = loadGatewayConfig(process.env);
const logger = createLogger({ service: 'gateway', level: config.LOG_LEVEL });
await runService({
  logger,
  host: config.HOST,
  port: config.PORT,
  forceMs: config.SHUTDOWN_FORCE_MS,
  start: () => buildApp(config, { logger }),
});
