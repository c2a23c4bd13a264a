import type { RoutePolicy } from '@peermesh/contracts/router';
import type { Database } from '@peermesh/database';
import { commonErrors } from '@peermesh/errors';
import { DURATION_BUCKETS_SECONDS, type MetricsRegistry } from '@peermesh/telemetry';
import { readPolicies } from '../adapters/pg/policy-store.ts';
import type { PathCache } from '../adapters/redis/path-cache.ts';
import type { Task, TaskResult } from '../adapters/threads/messages.ts';
import type { PathPool } from '../adapters/threads/path-pool.ts';
import type { FollowedMesh, TopologyFollower } from './topology-follower.ts';

export interface ComputationParts {
  readonly db: Database<unknown>;
  readonly follower: Pick<TopologyFollower, 'mesh' | 'syncedAt'>;
  readonly pool: PathPool;
  readonly cache: PathCache;
  readonly metrics: MetricsRegistry;
}

/** What every answer is made from: the topology, the policies, threads and the cache. */
export class Computation {
  readonly cache: PathCache;
  readonly #parts: ComputationParts;
  readonly #seconds;

  constructor(parts: ComputationParts) {
    this.#parts = parts;
    this.cache = parts.cache;
    this.#seconds = parts.metrics.histogram({
      name: 'router_compute_seconds',
      help: 'Time of a computation, its wait included.',
      labels: ['kind', 'outcome'],
      buckets: DURATION_BUCKETS_SECONDS,
    });
  }

  /** When the database was last seen to hold nothing newer. */
  get syncedAt(): Date {
    return this.#parts.follower.syncedAt ?? new Date(0);
  }

  /** @throws PM_COMMON_NOT_FOUND for a mesh that nobody has heard of */
  mesh(meshId: string): FollowedMesh {
    const mesh = this.#parts.follower.mesh(meshId);
    if (mesh === undefined) throw commonErrors.notFound();
    return mesh;
  }

  policies(meshId: string): Promise<RoutePolicy[]> {
    return this.#parts.db.system((tx) => readPolicies(tx, meshId), { readOnly: true });
  }

  /** Computes in a thread. @throws PM_ROUTER_BUSY, PM_ROUTER_TIMED_OUT */
  async run<T extends Task>(task: T): Promise<TaskResult<T>> {
    const end = this.#seconds.startTimer({ kind: task.kind });
    try {
      const result = await this.#parts.pool.run(task);
      end({ outcome: 'ok' });
      return result;
    } catch (error) {
      end({ outcome: 'failed' });
      throw error;
    }
  }
}
