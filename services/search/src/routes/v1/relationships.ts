import { searchRoutes } from '@peermesh/contracts/search';
import { mountRoute, pageOf, windowOf } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { listRelationships } from '../../adapters/pg/record-lists.ts';
import { putRelationships } from '../../adapters/pg/relationship-bulk.ts';
import {
  createRelationship,
  deleteRelationship,
  updateRelationship,
  visibleRelationship,
} from '../../adapters/pg/relationship-records.ts';
import { bulkResult } from './bulk.ts';
import { relationshipView } from './record-views.ts';
import { nowOf, type RouteDeps, viewerOf } from './route-deps.ts';

/** Relationships of record. */
export function mountRelationships(app: FastifyInstance, deps: RouteDeps): void {
  const { db, bus } = deps;

  mountRoute(app, searchRoutes.createRelationship, async ({ body, principal, idempotent }) => {
    const viewer = viewerOf(principal);
    return db.tenant(viewer.tenantId, async (tx) => {
      const row = await createRelationship(tx, bus, viewer, body, nowOf(deps));
      const result = {
        status: 201 as const,
        body: relationshipView(row),
        headers: { location: `/api/v1/relationships/${row.id}` },
      };
      await idempotent(tx, result);
      return result;
    });
  });

  mountRoute(app, searchRoutes.listRelationships, async ({ query, principal }) => {
    const viewer = viewerOf(principal);
    const { rows, total } = await db.tenant(
      viewer.tenantId,
      (tx) => listRelationships(tx, viewer, query, windowOf(query)),
      { readOnly: true },
    );
    return { status: 200, body: pageOf(rows.map(relationshipView), total, query) };
  });

  mountRoute(app, searchRoutes.getRelationship, async ({ params, principal }) => {
    const viewer = viewerOf(principal);
    const row = await db.tenant(viewer.tenantId, (tx) => visibleRelationship(tx, viewer, params.id), {
      readOnly: true,
    });
    return { status: 200, body: relationshipView(row) };
  });

  mountRoute(app, searchRoutes.updateRelationship, async ({ params, body, principal, idempotent }) => {
    const viewer = viewerOf(principal);
    return db.tenant(viewer.tenantId, async (tx) => {
      const row = await updateRelationship(tx, bus, viewer, params.id, body, nowOf(deps));
      const result = { status: 200 as const, body: relationshipView(row) };
      await idempotent(tx, result);
      return result;
    });
  });

  mountRoute(app, searchRoutes.deleteRelationship, async ({ params, query, principal, idempotent }) => {
    const viewer = viewerOf(principal);
    return db.tenant(viewer.tenantId, async (tx) => {
      await deleteRelationship(tx, bus, viewer, params.id, query.version, nowOf(deps));
      await idempotent(tx, { status: 204 });
      return { status: 204 };
    });
  });

  mountRoute(app, searchRoutes.bulkRelationships, async ({ body, principal, idempotent }) => {
    const viewer = viewerOf(principal);
    return db.tenant(
      viewer.tenantId,
      async (tx) => {
        const now = nowOf(deps);
        const result = {
          status: 200 as const,
          body: await bulkResult(tx, await putRelationships(tx, bus, viewer, body.items, now)),
        };
        await idempotent(tx, result);
        return result;
      },
      { statementTimeoutMs: 60_000 },
    );
  });
}
