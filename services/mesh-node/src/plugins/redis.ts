import { type Logger, traceRedis } from '@peermesh/telemetry';
import { Redis } from 'ioredis';

const RECONNECT_MAX_MS = 5_000;

/** A connection that answers with an error at once while Redis is away, and keeps trying to come back. */
export function openRedis(url: string, logger: Logger): Redis {
  const redis = new Redis(url, {
    connectionName: 'mesh-node',
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: 1_000,
    connectTimeout: 2_000,
    retryStrategy: (attempt) => Math.min(RECONNECT_MAX_MS, 50 * 2 ** attempt) * (0.5 + Math.random() / 2),
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
