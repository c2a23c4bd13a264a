import { type Logger, traceRedis } from '@peermesh/telemetry';
import { Redis } from 'ioredis';

const CONNECT_MS = 2_000;
const COMMAND_MS = 1_000;
const RECONNECT_MAX_MS = 2_000;

/** How a service uses Redis. Times in milliseconds. */
export interface RedisOptions {
  /** Of the service, as Redis lists its clients. */
  readonly name: string;
  readonly logger: Logger;
  /** What a command may take; 1,000 when absent. */
  readonly commandTimeoutMs?: number;
  /** The longest pause between attempts to connect; 2,000 when absent. */
  readonly reconnectMaxMs?: number;
}

/**
 * Connects in the background. While Redis is away every command ends with an error at once, and the connection keeps trying
 * to come back; the log says when it goes and when it is back. The caller disconnects it.
 */
export function openRedis(url: string, options: RedisOptions): Redis {
  const { name, logger, commandTimeoutMs = COMMAND_MS, reconnectMaxMs = RECONNECT_MAX_MS } = options;
  const redis = new Redis(url, {
    connectionName: name,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: commandTimeoutMs,
    connectTimeout: CONNECT_MS,
    retryStrategy: (attempt) => Math.min(reconnectMaxMs, 50 * 2 ** attempt) * (0.5 + Math.random() / 2),
  });
  traceRedis(redis);
  let isAway = false;
  redis.on('error', (error) => {
    if (!isAway) logger.warn({ err: error }, 'redis is away');
    isAway = true;
  });
  redis.on('ready', () => {
    if (isAway) logger.info('redis is back');
    isAway = false;
  });
  return redis;
}
