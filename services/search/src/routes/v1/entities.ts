import { searchRoutes } from '@peermesh/contracts/search';
import { mountRoute, pageOf, windowOf } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { putEntities } from '../../adapters/pg/entity-bulk.ts';
import { createEntity, deleteEntity, updateEntity, visibleEntity } from '../../adapters/pg/entity-records.ts';
import { documentCounts, listEntities } from '../../adapters/pg/record-lists.ts';
import { bulkResult } from './bulk.ts';
import { entityView } from './record-views.ts';
import type { RouteDeps } from './route-deps.ts';
import { BULK, reading, writing } from './tenant-work.ts';

/** Entities of record. */
export function mountEntities(app: FastifyInstance, deps: RouteDeps): void {
  const { bus } = deps;

  mountRoute(app, searchRoutes.createEntity, ({ body, principal, idempotent }) =>
    writing(deps, { principal, idempotent }, async (tx, viewer, now) => {
      const row = await createEntity(tx, bus, viewer, body, now);
      return { status: 201, body: entityView(row, 0), headers: { location: `/api/v1/entities/${row.id}` } };
    }),
  );

  mountRoute(app, searchRoutes.listEntities, ({ query, principal }) =>
    reading(deps, { principal }, async (tx, viewer) => {
      const { rows, total } = await listEntities(tx, viewer, query, windowOf(query));
      const ids = rows.map(({ id }) => id);
      const counts = await documentCounts(tx, viewer, ids);
      const items = rows.map((row) => entityView(row, counts.get(row.id) ?? 0));
      return { status: 200, body: pageOf(items, total, query) };
    }),
  );

  mountRoute(app, searchRoutes.getEntity, ({ params, principal }) =>
    reading(deps, { principal }, async (tx, viewer) => {
      const row = await visibleEntity(tx, viewer, params.id);
      const counts = await documentCounts(tx, viewer, [row.id]);
      return { status: 200, body: entityView(row, counts.get(row.id) ?? 0) };
    }),
  );

  mountRoute(app, searchRoutes.updateEntity, ({ params, body, principal, idempotent }) =>
    writing(deps, { principal, idempotent }, async (tx, viewer, now) => {
      const row = await updateEntity(tx, bus, viewer, params.id, body, now);
      const counts = await documentCounts(tx, viewer, [row.id]);
      return { status: 200, body: entityView(row, counts.get(row.id) ?? 0) };
    }),
  );

  mountRoute(app, searchRoutes.deleteEntity, ({ params, query, principal, idempotent }) =>
    writing(deps, { principal, idempotent }, async (tx, viewer, now) => {
      await deleteEntity(tx, bus, viewer, params.id, query.version, now);
      return { status: 204 };
    }),
  );

  mountRoute(app, searchRoutes.bulkEntities, ({ body, principal, idempotent }) =>
    writing(
      deps,
      { principal, idempotent },
      async (tx, viewer, now) => {
        const outcomes = await putEntities(tx, bus, viewer, body.items, now);
        return { status: 200, body: await bulkResult(tx, outcomes) };
      },
      BULK,
    ),
  );
}
