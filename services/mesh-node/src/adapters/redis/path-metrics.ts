import type { Topology } from '@peermesh/contracts/mesh';
import type { Redis } from 'ioredis';

/** Longer than two turns of the writer: what is older is not measured any more. */
const EXPIRY_SECONDS = 30;

/** The figures of one path for whoever draws them. */
export interface PathMetric {
  readonly to: number;
  readonly hops: readonly number[];
  readonly cost: number;
  readonly latencyUs: number;
}

/**
 * Keeps the newest path metrics of each node in Redis: a hash `mesh:{mesh}:paths:{from}` by destination, and
 * `mesh:{mesh}:links:{from}` by peer. They expire by themselves when the node is gone.
 */
export class RedisPathMetrics {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** Whether Redis answers. */
  get isAway(): boolean {
    return this.#redis.status !== 'ready';
  }

  /** Replaces what the node has said before. Rejects while Redis is away. */
  async write(
    meshId: string,
    from: number,
    metrics: { readonly paths: readonly PathMetric[]; readonly links: Topology['links'] },
  ): Promise<void> {
    const paths = `mesh:${meshId}:paths:${from}`;
    const links = `mesh:${meshId}:links:${from}`;
    const pipeline = this.#redis.multi().del(paths, links);
    for (const { to, ...metric } of metrics.paths) pipeline.hset(paths, String(to), JSON.stringify(metric));
    for (const { to, from: source, ...link } of metrics.links) {
      if (source === from) pipeline.hset(links, String(to), JSON.stringify(link));
    }
    const results = await pipeline.expire(paths, EXPIRY_SECONDS).expire(links, EXPIRY_SECONDS).exec();
    const failed = results?.find(([error]) => error !== null)?.[0];
    if (failed) throw failed;
  }
}
