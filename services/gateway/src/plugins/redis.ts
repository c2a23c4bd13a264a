import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { openRedis } from '@peermesh/service-kit/redis';
import type { Logger } from '@peermesh/telemetry';
import type { Redis } from 'ioredis';

const RECONNECT_MAX_MS = 1_000;
const FIRST_CONNECT_MS = 500;

/** A connection that is there already when Redis answers at once: the first requests are counted for all replicas. */
export async function connectRedis(url: string, logger: Logger): Promise<Redis> {
  const redis = openRedis(url, { name: 'gateway', logger, reconnectMaxMs: RECONNECT_MAX_MS });
  await Promise.race([once(redis, 'ready').catch(() => undefined), delay(FIRST_CONNECT_MS, undefined, { ref: false })]);
  return redis;
}
