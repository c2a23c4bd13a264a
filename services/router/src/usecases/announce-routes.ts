import { OPERATING_TENANT } from '@peermesh/contracts';
import { RoutesComputed } from '@peermesh/contracts/events';
import type { Database } from '@peermesh/database';
import type { Bus } from '@peermesh/messaging';
import { repeat, type Worker } from '@peermesh/service-kit';
import type { Logger } from '@peermesh/telemetry';
import { claimAnnouncement } from '../adapters/pg/link-state-store.ts';
import type { Clock } from '../ports.ts';
import type { RouteService } from './compute-routes.ts';
import type { FollowedMesh, TopologyFollower } from './topology-follower.ts';

/** Nodes whose routes are computed ahead of their request, at most. */
const AHEAD_MAX = 1_000;
/** A node that has not asked for so long is not served ahead any more. */
const INTEREST_MS = 10 * 60_000;

export interface AnnouncerOptions {
  readonly db: Database<unknown>;
  readonly bus: Pick<Bus, 'publish'>;
  readonly routes: Pick<RouteService, 'routesOf'>;
  readonly follower: Pick<TopologyFollower, 'mesh'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly everyMs: number;
}

/**
 * Tells nodes that paths of a newer topology, or by other policies, are there. Those of nodes that asked lately are computed before that, so that
 * the answers wait in the cache. Several changes in one turn are announced once; of several replicas one announces.
 */
export class RouteAnnouncer {
  readonly #options: AnnouncerOptions;
  /** Meshes to announce, and whether to do so though the topology is the one that was announced before. */
  readonly #changed = new Map<string, { readonly isAnyway: boolean }>();
  /** By mesh and node, when it last asked. */
  readonly #interest = new Map<string, Map<number, number>>();

  constructor(options: AnnouncerOptions) {
    this.#options = options;
  }

  /** A node asked for its routes. */
  noteInterest(meshId: string, source: number, nowMs: number): void {
    const nodes = this.#interest.get(meshId) ?? new Map<number, number>();
    this.#interest.set(meshId, nodes);
    nodes.delete(source);
    nodes.set(source, nowMs);
    if (nodes.size > AHEAD_MAX) for (const oldest of nodes.keys()) return void nodes.delete(oldest);
  }

  /** A mesh has a newer revision. */
  changed({ meshId }: FollowedMesh): void {
    this.#mark(meshId, false);
  }

  /** The policies of a mesh were changed through this replica. Nodes that miss the announcement find out when they ask again. */
  policiesChanged(meshId: string): void {
    this.#mark(meshId, true);
  }

  start(): Worker {
    const { everyMs, logger, clock } = this.#options;
    return repeat({ everyMs, logger, name: 'announcements' }, () => this.announce(clock().getTime()));
  }

  /** One turn: computes and announces what changed since the last one. What fails is tried again in the next turn. */
  async announce(nowMs: number): Promise<void> {
    for (const [meshId, { isAnyway }] of this.#changed) {
      this.#changed.delete(meshId);
      try {
        await this.#announce(meshId, isAnyway, nowMs);
      } catch (error) {
        this.#mark(meshId, isAnyway);
        throw error;
      }
    }
  }

  #mark(meshId: string, isAnyway: boolean): void {
    this.#changed.set(meshId, { isAnyway: isAnyway || this.#changed.get(meshId)?.isAnyway === true });
  }

  async #announce(meshId: string, isAnyway: boolean, nowMs: number): Promise<void> {
    const { db, bus, routes, follower } = this.#options;
    const mesh = follower.mesh(meshId);
    if (mesh === undefined) return;
    const startedAt = performance.now();
    const { revision } = mesh;
    const changed: number[] = [];
    for (const [node, askedAtMs] of this.#interest.get(meshId) ?? []) {
      if (nowMs - askedAtMs > INTEREST_MS || !mesh.nodes.has(node)) continue;
      await routes.routesOf(meshId, node);
      changed.push(node);
    }
    const links = [...mesh.nodes.values()].reduce((sum, { state }) => sum + state.links.length, 0);
    const durationMs = Math.round((performance.now() - startedAt) * 1000) / 1000;
    await db.system(async (tx) => {
      const isFirst = await claimAnnouncement(tx, meshId, revision);
      if (!isFirst && !isAnyway) return;
      await bus.publish(
        tx,
        RoutesComputed,
        { meshId, revision, changed: changed.sort((a, b) => a - b), nodes: mesh.nodes.size, links, durationMs },
        { tenantId: OPERATING_TENANT, partitionKey: meshId },
      );
    });
  }
}
