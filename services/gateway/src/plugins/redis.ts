import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { type Logger, traceRedis } from '@peermesh/telemetry';
import { Redis } from 'ioredis';

const RECONNECT_MAX_MS = 1000;
const FIRST_CONNECT_MS = 500;

/** A connection that answers with an error at once while Redis is away, and keeps trying to come back. */
export async function openRedis(url: string, logger: Logger): Promise<Redis> {
  const redis = new Redis(url, {
    connectionName: 'gateway',
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: 1000,
    connectTimeout: 2000,
    retryStrategy: (attempt) => Math.min(RECONNECT_MAX_MS, 50 * attempt) * (0.5 + Math.random() / 2),
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
  await Promise.race([once(redis, 'ready').catch(() => undefined), delay(FIRST_CONNECT_MS, undefined, { ref: false })]);
  return redis;
}
