import { type Logger, startTracing, type TracingOptions } from '@peermesh/telemetry';
import closeWithGrace from 'close-with-grace';
import type { FastifyInstance } from 'fastify';
import { listenWhileStarting } from './starting-server.ts';

/** A started service. */
export interface RunningService {
  readonly app: FastifyInstance;
  /** Stops what is not HTTP: consumers finish their handlers, relays flush. Called before HTTP drains. */
  stop(): Promise<void>;
  /** Kept, with the reason, when the service cannot go on: it is stopped in order, and the process exits with 1. */
  readonly ended?: Promise<Error>;
  /** Reads again what may change while it runs, such as certificates; on SIGHUP, which stops a service that has none. */
  reload?(): void;
}

/** How {@link runService} starts and stops a service. */
export interface RunOptions {
  readonly logger: Logger;
  readonly host: string;
  readonly port: number;
  /** How long open requests may take to finish; then their connections are closed. 10 s when absent. */
  readonly graceMs?: number;
  /** After this the process exits with 1, whatever is still open. */
  readonly forceMs: number;
  readonly start: () => Promise<RunningService>;
  /** Traces, started before anything else and flushed last; none when absent. {@link tracingFrom} makes them. */
  readonly tracing?: TracingOptions;
  /** The last thing before the process ends, such as flushing traces. */
  readonly finish?: () => Promise<void>;
}

/**
 * Starts a service and stops it in order on SIGTERM or SIGINT: unready, consumers, HTTP, then the `onClose` hooks in reverse
 * (decision log, pools), then `finish`. An uncaught error stops it the same way and exits with 1.
 */
export async function runService(options: RunOptions): Promise<void> {
  const { logger } = options;
  let running: RunningService;
  const tracing = options.tracing === undefined ? null : await startTracing(options.tracing);
  try {
    running = await startBehind(options);
    const address = await running.app.listen({ host: options.host, port: options.port });
    logger.info({ address }, 'service is up');
  } catch (error) {
    logger.fatal({ err: error }, 'service cannot start');
    process.exitCode = 1;
    setTimeout(() => process.exit(1), 1000).unref();
    return;
  }
  void running.ended?.then((reason) =>
    // Out of the promise, so that it is an uncaught error like any other.
    setImmediate(() => {
      throw reason;
    }),
  );
  const errorLog = { error: (text: string) => logger.error(text) };
  if (running.reload !== undefined)
    process.on('SIGHUP', () => {
      logger.info('what may change while it runs is read again');
      running.reload?.();
    });
  const skip: 'SIGHUP'[] = running.reload === undefined ? [] : ['SIGHUP'];
  closeWithGrace({ delay: options.forceMs, logger: errorLog, skip }, async ({ err, signal }) => {
    if (err) logger.fatal({ err }, 'uncaught error');
    else logger.info({ signal }, 'service is stopping');
    await stopInOrder(running, options.graceMs ?? 10_000);
    await options.finish?.();
    await tracing?.shutdown();
    logger.info('service has stopped');
  });
}

/** Something answers on the port from the beginning; a port of the system's choice is not known before. */
async function startBehind({ host, port, start }: RunOptions): Promise<RunningService> {
  if (port === 0) return start();
  const close = await listenWhileStarting({ host, port });
  try {
    return await start();
  } finally {
    await close();
  }
}

/**
 * How a service traces, by its configuration. Only the edge begins traces, for `OTEL_SAMPLE_RATIO` of its requests; all
 * others record what their callers record.
 */
export function tracingFrom(
  service: string,
  config: { readonly OTEL_ENABLED: boolean; readonly OTLP_URL: string; readonly OTEL_SAMPLE_RATIO: number },
  place: 'edge' | 'inner' = 'inner',
): TracingOptions {
  const sampleRatio = place === 'edge' ? config.OTEL_SAMPLE_RATIO : 0;
  return { service, enabled: config.OTEL_ENABLED, otlpUrl: config.OTLP_URL, sampleRatio };
}

/** Stops a service as {@link runService} does, for whoever runs one inside another process. */
export async function stopInOrder({ app, stop }: RunningService, graceMs: number): Promise<void> {
  app.health.drain();
  await stop();
  const impatience = setTimeout(() => app.server.closeAllConnections(), graceMs);
  try {
    await app.close();
  } finally {
    clearTimeout(impatience);
  }
}
