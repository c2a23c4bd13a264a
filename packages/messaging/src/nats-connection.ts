import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { Logger } from '@peermesh/telemetry';

/** How to reach NATS. */
export interface NatsOptions {
  /** `nats://user:password@host:port`; several servers separated by commas. */
  readonly url: string;
  /** Shown in the server's connection list. */
  readonly name: string;
  readonly logger: Logger;
}

/** Connects and stays connected: after a loss it tries again for ever, with jitter. The first connect may take a while too. */
export async function connectNats(options: NatsOptions): Promise<NatsConnection> {
  const urls = options.url.split(',').map((url) => new URL(url.trim()));
  const first = urls[0];
  const connection = await connect({
    servers: urls.map((url) => url.host),
    name: options.name,
    ...(first === undefined || first.username === ''
      ? {}
      : { user: decodeURIComponent(first.username), pass: decodeURIComponent(first.password) }),
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    reconnectJitter: 250,
    waitOnFirstConnect: true,
    timeout: 5_000,
    pingInterval: 5_000,
    maxPingOut: 2,
  });
  void (async () => {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect') options.logger.warn('connection to NATS lost');
      else if (status.type === 'reconnect') options.logger.info('connection to NATS is back');
    }
  })();
  return connection;
}
