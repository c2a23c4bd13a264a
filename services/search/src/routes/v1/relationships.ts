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
import type { RouteDeps } from './route-deps.ts';
import { BULK, reading, writing } from './tenant-work.ts';

/** Relationships of record. */
export function mountRelationships(app: FastifyInstance, deps: RouteDeps): void {
  const { bus } = deps;

  mountRoute(app, searchRoutes.createRelationship, ({ body, principal, idempotent }) =>
    writing(deps, { principal, idempotent }, async (tx, viewer, now) => {
      const row = await createRelationship(tx, bus, viewer, body, now);
      return { status: 201, body: relationshipView(row), headers: { location: `/api/v1/relationships/${row.id}` } };
    }),
  );

  mountRoute(app, searchRoutes.listRelationships, ({ query, principal }) =>
    reading(deps, { principal }, async (tx, viewer) => {
      const { rows, total } = await listRelationships(tx, viewer, query, windowOf(query));
      return { status: 200, body: pageOf(rows.map(relationshipView), total, query) };
    }),
  );

  mountRoute(app, searchRoutes.getRelationship, ({ params, principal }) =>
    reading(deps, { principal }, async (tx, viewer) => {
      const row = await visibleRelationship(tx, viewer, params.id);
      return { status: 200, body: relationshipView(row) };
    }),
  );

  mountRoute(app, searchRoutes.updateRelationship, ({ params, body, principal, idempotent }) =>
    writing(deps, { principal, idempotent }, async (tx, viewer, now) => {
      const row = await updateRelationship(tx, bus, viewer, params.id, body, now);
      return { status: 200, body: relationshipView(row) };
    }),
  );

  mountRoute(app, searchRoutes.deleteRelationship, ({ params, query, principal, idempotent }) =>
    writing(deps, { principal, idempotent }, async (tx, viewer, now) => {
      await deleteRelationship(tx, bus, viewer, params.id, query.version, now);
      return { status: 204 };
    }),
  );

  mountRoute(app, searchRoutes.bulkRelationships, ({ body, principal, idempotent }) =>
    writing(
      deps,
      { principal, idempotent },
      async (tx, viewer, now) => {
        const outcomes = await putRelationships(tx, bus, viewer, body.items, now);
        return { status: 200, body: await bulkResult(tx, outcomes) };
      },
      BULK,
    ),
  );
}
