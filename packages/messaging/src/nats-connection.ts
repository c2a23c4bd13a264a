import { setTimeout as delay } from 'node:timers/promises';
import { type ConnectionOptions, connect, type NatsConnection } from '@nats-io/transport-node';
import type { Logger } from '@peermesh/telemetry';

/** How to reach NATS. */
export interface NatsOptions {
  /** `nats://user:password@host:port`; several servers separated by commas. */
  readonly url: string;
  /** Shown in the server's connection list. */
  readonly name: string;
  readonly logger: Logger;
  /** Ends the wait for the first connection; one that stands is not closed by it. */
  readonly signal?: AbortSignal;
}

const RETRY_MS = 250;

/**
 * Connects and stays connected: after a loss it tries again for ever, with jitter. The first connect may take a while too; why it
 * does is logged once for each reason.
 * @throws the reason of the signal, when that comes first
 */
export async function connectNats(options: NatsOptions): Promise<NatsConnection> {
  const { url, name, logger, signal } = options;
  const urls = url.split(',').map((server) => new URL(server.trim()));
  const first = urls[0];
  const connection = await firstConnection({ logger, signal }, () =>
    connect({
      servers: urls.map(({ host }) => host),
      name,
      ...(first === undefined || first.username === ''
        ? {}
        : { user: decodeURIComponent(first.username), pass: decodeURIComponent(first.password) }),
      ...STAYS_CONNECTED,
    }),
  );
  void (async () => {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect') logger.warn('connection to NATS lost');
      else if (status.type === 'reconnect') logger.info('connection to NATS is back');
    }
  })();
  return connection;
}

const STAYS_CONNECTED: ConnectionOptions = {
  maxReconnectAttempts: -1,
  reconnectTimeWait: RETRY_MS,
  reconnectJitter: RETRY_MS,
  timeout: 5_000,
  pingInterval: 5_000,
  maxPingOut: 2,
};

/** The `waitOnFirstConnect` of the client cannot be ended and says nothing. */
async function firstConnection(
  { logger, signal }: { readonly logger: Logger; readonly signal: AbortSignal | undefined },
  attempt: () => Promise<NatsConnection>,
): Promise<NatsConnection> {
  let told: string | null = null;
  for (;;) {
    signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== told) logger.warn({ reason }, 'NATS cannot be reached yet');
      told = reason;
    }
    await delay(RETRY_MS * (1 + Math.random()), undefined, signal === undefined ? {} : { signal });
  }
}
