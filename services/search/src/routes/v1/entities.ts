import { searchRoutes } from '@peermesh/contracts/search';
import { commonErrors } from '@peermesh/errors';
import { mountRoute, pageOf, windowOf } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { putEntities } from '../../adapters/pg/entity-bulk.ts';
import { createEntity, deleteEntity, updateEntity, visibleEntity } from '../../adapters/pg/entity-records.ts';
import { documentCounts, listEntities } from '../../adapters/pg/record-lists.ts';
import type { NodeDescription } from '../../domain/graph/graph-hits.ts';
import { pathOf, type Walk } from '../../domain/graph/walk.ts';
import type { GraphSeed, LegContext, LegQuery } from '../../ports.ts';
import { bulkResult } from './bulk.ts';
import { entityView } from './record-views.ts';
import { nowOf, type RouteDeps, viewerOf } from './route-deps.ts';

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

/** Entities of record, and what lies around them. */
export function mountEntities(app: FastifyInstance, deps: RouteDeps, walker: () => Walker | null): void {
  const { db, bus } = deps;

  mountRoute(app, searchRoutes.createEntity, async ({ body, principal, idempotent }) => {
    const viewer = viewerOf(principal);
    return db.tenant(viewer.tenantId, async (tx) => {
      const row = await createEntity(tx, bus, viewer, body, nowOf(deps));
      const result = {
        status: 201 as const,
        body: entityView(row, 0),
        headers: { location: `/api/v1/entities/${row.id}` },
      };
      await idempotent(tx, result);
      return result;
    });
  });

  mountRoute(app, searchRoutes.listEntities, async ({ query, principal }) => {
    const viewer = viewerOf(principal);
    return db.tenant(
      viewer.tenantId,
      async (tx) => {
        const { rows, total } = await listEntities(tx, viewer, query, windowOf(query));
        const counts = await documentCounts(
          tx,
          viewer,
          rows.map(({ id }) => id),
        );
        return {
          status: 200,
          body: pageOf(
            rows.map((row) => entityView(row, counts.get(row.id) ?? 0)),
            total,
            query,
          ),
        };
      },
      { readOnly: true },
    );
  });

  mountRoute(app, searchRoutes.getEntity, async ({ params, principal }) => {
    const viewer = viewerOf(principal);
    return db.tenant(
      viewer.tenantId,
      async (tx) => {
        const row = await visibleEntity(tx, viewer, params.id);
        const counts = await documentCounts(tx, viewer, [row.id]);
        return { status: 200, body: entityView(row, counts.get(row.id) ?? 0) };
      },
      { readOnly: true },
    );
  });

  mountRoute(app, searchRoutes.updateEntity, async ({ params, body, principal, idempotent }) => {
    const viewer = viewerOf(principal);
    return db.tenant(viewer.tenantId, async (tx) => {
      const row = await updateEntity(tx, bus, viewer, params.id, body, nowOf(deps));
      const counts = await documentCounts(tx, viewer, [row.id]);
      const result = { status: 200 as const, body: entityView(row, counts.get(row.id) ?? 0) };
      await idempotent(tx, result);
      return result;
    });
  });

  mountRoute(app, searchRoutes.deleteEntity, async ({ params, query, principal, idempotent }) => {
    const viewer = viewerOf(principal);
    return db.tenant(viewer.tenantId, async (tx) => {
      await deleteEntity(tx, bus, viewer, params.id, query.version, nowOf(deps));
      await idempotent(tx, { status: 204 });
      return { status: 204 };
    });
  });

  mountRoute(app, searchRoutes.bulkEntities, async ({ body, principal, idempotent }) => {
    const viewer = viewerOf(principal);
    return db.tenant(
      viewer.tenantId,
      async (tx) => {
        const now = nowOf(deps);
        const result = {
          status: 200 as const,
          body: await bulkResult(tx, await putEntities(tx, bus, viewer, body.items, now)),
        };
        await idempotent(tx, result);
        return result;
      },
      { statementTimeoutMs: 60_000 },
    );
  });

  mountRoute(app, searchRoutes.listNeighbors, async ({ params, query, principal, signal }) => {
    const viewer = viewerOf(principal);
    const root = await db.tenant(viewer.tenantId, (tx) => visibleEntity(tx, viewer, params.id), { readOnly: true });
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
