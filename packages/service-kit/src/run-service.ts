import type { Logger } from '@peermesh/telemetry';
import closeWithGrace from 'close-with-grace';
import type { FastifyInstance } from 'fastify';

/** A started service. */
export interface RunningService {
  readonly app: FastifyInstance;
  /** Stops what is not a Fastify plugin: consumers, relays, timers. Called before HTTP drains. */
  stop(): Promise<void>;
}

/**
 * Starts a service and stops it in order on SIGTERM or SIGINT: unready, consumers, HTTP, then the plugins in reverse.
 * An uncaught error stops it the same way and exits with 1.
 */
export async function runService(options: {
  readonly logger: Logger;
  readonly host: string;
  readonly port: number;
  readonly forceMs: number;
  readonly start: () => Promise<RunningService>;
}): Promise<void> {
  const { logger } = options;
  let running: RunningService;
  try {
    running = await options.start();
    const address = await running.app.listen({ host: options.host, port: options.port });
    logger.info({ address }, 'service is up');
  } catch (error) {
    logger.fatal({ err: error }, 'service cannot start');
    process.exitCode = 1;
    setTimeout(() => process.exit(1), 1000).unref();
    return;
  }
  closeWithGrace(
    { delay: options.forceMs, logger: { error: (text: string) => logger.error(text) } },
    async ({ err, signal }) => {
      if (err) logger.fatal({ err }, 'uncaught error');
      else logger.info({ signal }, 'service is stopping');
      running.app.health.drain();
      await running.stop();
      await running.app.close();
      logger.info('service has stopped');
    },
  );
}
