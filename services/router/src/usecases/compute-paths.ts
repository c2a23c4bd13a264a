import type { NodeRoutes, PathAnswer, PathRequest, RouteConstraints, RoutePolicy } from '@peermesh/contracts/router';
import type { Database } from '@peermesh/database';
import { commonErrors } from '@peermesh/errors';
import type { PathConstraints } from '@peermesh/routing';
import { DURATION_BUCKETS_SECONDS, type MetricsRegistry } from '@peermesh/telemetry';
import { readPolicies } from '../adapters/pg/policy-store.ts';
import type { PathCache } from '../adapters/redis/path-cache.ts';
import type { Task, TaskResult } from '../adapters/threads/messages.ts';
import type { PathPool } from '../adapters/threads/path-pool.ts';
import type { LabelNumbers } from '../domain/link-state.ts';
import { allOf, policiesBetween } from '../domain/policy.ts';
import type { FollowedMesh, TopologyFollower } from './topology-follower.ts';

const K_DEFAULT = 4;
const STRETCH_DEFAULT = 1.5;

export interface PathDependencies {
  readonly db: Database<unknown>;
  readonly follower: Pick<TopologyFollower, 'mesh' | 'syncedAt'>;
  readonly pool: PathPool;
  readonly cache: PathCache;
  readonly metrics: MetricsRegistry;
  readonly routesValidMs: number;
}

/** Answers questions for paths, from the cache where the same was asked of the same topology under the same policies. */
export class PathService {
  readonly #parts: PathDependencies;
  readonly #seconds;

  constructor(parts: PathDependencies) {
    this.#parts = parts;
    this.#seconds = parts.metrics.histogram({
      name: 'router_compute_seconds',
      help: 'Time of a computation, its wait included.',
      labels: ['kind', 'outcome'],
      buckets: DURATION_BUCKETS_SECONDS,
    });
  }

  /** Paths between two nodes. @throws PM_COMMON_NOT_FOUND for a mesh that nobody has heard of */
  async paths(meshId: string, request: PathRequest): Promise<PathAnswer> {
    const mesh = this.#mesh(meshId);
    const { source, destination } = request;
    const policies = request.applyPolicies === false ? [] : policiesBetween(await this.#policies(meshId), request);
    const constraints = allOf([request.constraints ?? {}, ...policies.map((policy) => policy.constraints)]);
    const { k = K_DEFAULT, stretchMax = STRETCH_DEFAULT, without = {} } = request;
    const question = { kind: 'paths', source, destination, k, stretchMax, constraints, without };
    const { revision } = mesh;
    const kept = (await this.#parts.cache.get(meshId, revision, question)) as Pick<
      PathAnswer,
      'paths' | 'reason'
    > | null;
    const shared = { meshId, source, destination, policies: policies.map(({ id }) => id) };
    if (kept !== null) return { ...shared, revision, ...kept, isCached: true };
    const result = await this.#run({
      kind: 'paths',
      meshId,
      query: {
        source,
        destination,
        k,
        stretchMax,
        constraints: numbered(constraints, mesh.labels),
        without: { nodes: without.nodes ?? [], links: (without.links ?? []) as [number, number][] },
      },
    });
    const answer = { paths: [...result.answer.paths] as PathAnswer['paths'], reason: result.answer.reason ?? null };
    await this.#parts.cache.set(meshId, result.revision, question, answer);
    return { ...shared, revision: result.revision, ...answer, isCached: false };
  }

  /** All paths of one node. @throws PM_COMMON_NOT_FOUND for a node that has said nothing about its links */
  async routesOf(meshId: string, source: number): Promise<NodeRoutes> {
    const mesh = this.#mesh(meshId);
    if (!mesh.nodes.has(source)) throw commonErrors.notFound();
    const policies = (await this.#policies(meshId)).filter(
      (policy) => policy.source === null || policy.source === source,
    );
    const question = { kind: 'routes', source, policies: policies.map(({ id, version }) => `${id} ${version}`) };
    const syncedAt = this.#parts.follower.syncedAt ?? new Date(0);
    const kept = (await this.#parts.cache.get(meshId, mesh.revision, question)) as Pick<
      NodeRoutes,
      'computedAt' | 'routes'
    > | null;
    const validUntil = new Date(syncedAt.getTime() + this.#parts.routesValidMs).toISOString();
    if (kept !== null) return { meshId, revision: mesh.revision, source, validUntil, ...kept };
    const computedAt = syncedAt.toISOString();
    const result = await this.#run({ kind: 'routes', meshId, source, ...constraintsOf(policies, source, mesh.labels) });
    if (!result.isKnown) throw commonErrors.notFound();
    const routes = result.routes.map((route) => ({
      ...route,
      disjoint: route.disjoint ?? null,
    })) as NodeRoutes['routes'];
    await this.#parts.cache.set(meshId, result.revision, question, { computedAt, routes });
    return { meshId, revision: result.revision, source, computedAt, validUntil, routes };
  }

  #mesh(meshId: string): FollowedMesh {
    const mesh = this.#parts.follower.mesh(meshId);
    if (mesh === undefined) throw commonErrors.notFound();
    return mesh;
  }

  #policies(meshId: string): Promise<RoutePolicy[]> {
    return this.#parts.db.system((tx) => readPolicies(tx, meshId), { readOnly: true });
  }

  async #run<T extends Task>(task: T): Promise<TaskResult<T>> {
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

function numbered(constraints: RouteConstraints, labels: LabelNumbers): PathConstraints {
  const { avoidRegions, avoidTenants, ...rest } = constraints;
  return { ...rest, avoidRegions: labels.known(avoidRegions), avoidTenants: labels.known(avoidTenants) };
}

/** Policies without a destination hold for all; each destination that others name gets those besides. */
function constraintsOf(policies: readonly RoutePolicy[], source: number, labels: LabelNumbers) {
  const general = policies.filter(({ destination }) => destination === null);
  const destinations = new Set(policies.flatMap(({ destination }) => destination ?? []));
  const merged = (some: readonly RoutePolicy[]): PathConstraints =>
    numbered(allOf(some.map(({ constraints }) => constraints)), labels);
  return {
    constraints: general.length === 0 ? null : merged(general),
    constrained: [...destinations].map((destination) => ({
      destination,
      constraints: merged(policiesBetween(policies, { source, destination })),
    })),
  };
}
