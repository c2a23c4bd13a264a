import { createHash } from 'node:crypto';
import { type Logger, type MetricsRegistry, traceRedis } from '@peermesh/telemetry';
import { Redis } from 'ioredis';

/** Answers that all replicas share. It may be away: then nothing is found and nothing is kept. */
export interface PathCache {
  /** What was kept for a question on one revision of a mesh. */
  get(meshId: string, revision: number, question: unknown): Promise<unknown>;
  set(meshId: string, revision: number, question: unknown, answer: unknown): Promise<void>;
  ping(): Promise<void>;
  close(): void;
}

export interface PathCacheOptions {
  readonly url: string;
  readonly ttlSeconds: number;
  readonly logger: Logger;
  readonly metrics: MetricsRegistry;
}

/** Connects in the background. */
export function createPathCache({ url, ttlSeconds, logger, metrics }: PathCacheOptions): PathCache {
  const requests = metrics.counter({
    name: 'router_path_cache_total',
    help: 'Questions to the path cache.',
    labels: ['result'],
  });
  const redis = new Redis(url, {
    connectionName: 'router',
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 2_000,
    commandTimeout: 250,
  });
  traceRedis(redis);
  redis.on('error', (error) => logger.debug({ err: error }, 'redis is away'));
  redis.connect().catch((error: unknown) => logger.warn({ err: error }, 'redis is away; paths are computed each time'));
  return {
    get: async (meshId, revision, question) => {
      try {
        const text = await redis.get(keyOf(meshId, revision, question));
        requests.inc({ result: text === null ? 'miss' : 'hit' });
        return text === null ? null : JSON.parse(text);
      } catch {
        requests.inc({ result: 'away' });
        return null;
      }
    },
    set: async (meshId, revision, question, answer) => {
      try {
        await redis.set(keyOf(meshId, revision, question), JSON.stringify(answer), 'EX', ttlSeconds);
      } catch {
        requests.inc({ result: 'not_kept' });
      }
    },
    ping: async () => void (await redis.ping()),
    close: () => redis.disconnect(),
  };
}

function keyOf(meshId: string, revision: number, question: unknown): string {
  const digest = createHash('sha256').update(JSON.stringify(question)).digest('base64url');
  return `router:{${meshId}}:${revision}:${digest}`;
}
