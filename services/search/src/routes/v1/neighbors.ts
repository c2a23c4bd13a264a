import { searchRoutes } from '@peermesh/contracts/search';
import { commonErrors } from '@peermesh/errors';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { visibleEntity } from '../../adapters/pg/entity-records.ts';
import type { NodeDescription } from '../../domain/graph/graph-hits.ts';
import { pathOf, type Walk } from '../../domain/graph/walk.ts';
import type { GraphSeed, LegContext, LegQuery } from '../../ports.ts';
import { type RouteDeps, viewerOf } from './route-deps.ts';
import { reading } from './tenant-work.ts';

const WALK_MS = 2_000;
const NEIGHBORS_MAX = 100;

/** A graph backend that shows its walks. */
export interface Walker {
  neighborhood(
    seeds: readonly GraphSeed[],
    options: LegQuery['graph'],
    limit: number,
    context: LegContext,
  ): Promise<{ readonly found: Walk; readonly nodes: ReadonlyMap<string, NodeDescription> }>;
}

/** What lies around an entity. */
export function mountNeighbors(app: FastifyInstance, deps: RouteDeps, walker: () => Walker | null): void {
  mountRoute(app, searchRoutes.listNeighbors, async ({ params, query, principal, signal }) => {
    const viewer = viewerOf(principal);
    const root = await reading(deps, { principal }, (tx) => visibleEntity(tx, viewer, params.id));
    const graph = walker();
    if (graph === null) throw commonErrors.unavailable({ detail: 'The graph leg is off.', retryAfterSeconds: 1 });
    const options = {
      maxHops: query.hops ?? 1,
      fanout: query.fanout ?? 50,
      edgeTypes: query.type === undefined ? null : [query.type],
    };
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(WALK_MS)]);
    const { found, nodes: described } = await graph.neighborhood(
      [{ id: root.id, weight: 1 }],
      options,
      query.limit ?? NEIGHBORS_MAX,
      { viewer, signal: deadline, timeoutMs: WALK_MS },
    );
    const reached = found.reached.filter(({ id }) => described.has(id));
    const shown = new Set([root.id, ...reached.map(({ id }) => id)]);
    const edges = new Map(
      found.steps
        .filter((step) => shown.has(step.from) && shown.has(step.to))
        .map((step) => [step.inverse ? [step.to, step.from] : [step.from, step.to], step] as const)
        .map(([[from, to], step]) => [
          `${from} ${step.type} ${to}`,
          { from: from as string, to: to as string, type: step.type, weight: step.weight },
        ]),
    );
    const nodes: NeighborNode[] = [
      { id: root.id, type: 'entity', name: root.name, hops: 0, score: 1, path: [root.id] },
      ...reached.map((node) => ({
        id: node.id,
        type: node.kind,
        name: described.get(node.id)?.name ?? '',
        hops: node.hops,
        score: node.score,
        path: pathOf(node),
      })),
    ];
    const truncated = found.truncated || found.reached.length > reached.length;
    const links = [...edges.values()];
    return { status: 200, body: { nodes, edges: links, truncated } };
  });
}

interface NeighborNode {
  id: string;
  type: 'doc' | 'entity';
  name: string;
  hops: number;
  score: number;
  path: string[];
}
