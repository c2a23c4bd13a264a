import { ConfigError, runService, tracingFrom } from '@peermesh/service-kit';
import { createLogger } from '@peermesh/telemetry';
import { buildApp } from './app.ts';
import { loadMeshNodeConfig, type MeshNodeConfig } from './config.ts';

function readConfig(): MeshNodeConfig {
  try {
    return loadMeshNodeConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

const config = readConfig();
const logger = createLogger({ service: 'mesh-node', level: config.LOG_LEVEL });
await runService({
  logger,
  host: config.HOST,
  port: config.PORT,
  graceMs: config.SHUTDOWN_GRACE_MS,
  forceMs: config.SHUTDOWN_FORCE_MS,
  tracing: tracingFrom('mesh-node', config),
  start: () => buildApp(config, { logger }),
});
