import { createLogger, type Logger } from '@peermesh/telemetry';
import type { Static, TObject } from 'typebox';
import type { baseConfig, Environment } from './config.ts';
import { type RunningService, runService, tracingFrom } from './run-service.ts';
import { runTask } from './run-task.ts';

/** A service that is wired and does not listen yet. */
export interface WiredService extends RunningService {
  /** Starts consumers and workers. */
  start(): Promise<void>;
}

/** What differs between the processes of services. */
export interface MainOptions<Config> {
  /** Its name in logs and traces. */
  readonly service: string;
  readonly env: Environment;
  /** Throws a `ConfigError` for settings that cannot be used: stderr names them, and the process ends with 1. */
  readonly load: (env: Environment) => Config;
  /** What has a `start` is started before it listens. */
  readonly build: (config: Config, parts: { readonly logger: Logger }) => Promise<RunningService | WiredService>;
  /** Where it stands in a trace; `inner` when absent. */
  readonly place?: 'edge' | 'inner';
}

/** The whole of a service's `main.ts`: reads the settings, builds the service and runs it as {@link runService} does. */
export async function runMain<Config extends Readonly<Static<TObject<typeof baseConfig>>>>(
  options: MainOptions<Config>,
): Promise<void> {
  const { service: name, env, load, build, place } = options;
  await runTask(async () => {
    const config = load(env);
    const logger = createLogger({ service: name, level: config.LOG_LEVEL });
    await runService({
      logger,
      host: config.HOST,
      port: config.PORT,
      graceMs: config.SHUTDOWN_GRACE_MS,
      forceMs: config.SHUTDOWN_FORCE_MS,
      tracing: tracingFrom(name, config, place),
      start: async () => {
        const service = await build(config, { logger });
        if ('start' in service) await service.start();
        return service;
      },
    });
  });
}
