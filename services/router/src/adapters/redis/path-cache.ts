import { createHash } from 'node:crypto';
import { openRedis } from '@peermesh/service-kit/redis';
import type { Logger, MetricsRegistry } from '@peermesh/telemetry';

/** Computing is not much slower. */
const COMMAND_MS = 250;

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
  const redis = openRedis(url, { name: 'router', logger, commandTimeoutMs: COMMAND_MS });
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
