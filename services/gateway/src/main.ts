import { ConfigError, runService, tracingFrom } from '@peermesh/service-kit';
import { createLogger } from '@peermesh/telemetry';
import { buildApp } from './app.ts';
import { type GatewayConfig, loadGatewayConfig } from './config.ts';

function readConfig(): GatewayConfig {
  try {
    return loadGatewayConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

const config = readConfig();
const logger = createLogger({ service: 'gateway', level: config.LOG_LEVEL });
await runService({
  logger,
  host: config.HOST,
  port: config.PORT,
  graceMs: config.SHUTDOWN_GRACE_MS,
  forceMs: config.SHUTDOWN_FORCE_MS,
  tracing: tracingFrom('gateway', config, 'edge'),
  start: () => buildApp(config, { logger }),
});
