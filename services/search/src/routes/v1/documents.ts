import { searchRoutes } from '@peermesh/contracts/search';
import { mountRoute, pageOf, windowOf } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { writeDocuments } from '../../adapters/pg/document-bulk.ts';
import { createDocument, deleteDocument, updateDocument, visibleDocument } from '../../adapters/pg/document-records.ts';
import { entitiesOf, listDocuments, listVersions } from '../../adapters/pg/record-lists.ts';
import { bulkResult } from './bulk.ts';
import { documentSummary, documentView, instant } from './record-views.ts';
import type { RouteDeps } from './route-deps.ts';
import { BULK, reading, writing } from './tenant-work.ts';

/** Documents of record. */
export function mountDocuments(app: FastifyInstance, deps: RouteDeps): void {
  const { bus } = deps;

  mountRoute(app, searchRoutes.createDocument, ({ body, principal, idempotent }) =>
    writing(deps, { principal, idempotent }, async (tx, viewer, now) => {
      const row = await createDocument(tx, bus, viewer, body, now);
      return { status: 201, body: documentView(row, []), headers: { location: `/api/v1/documents/${row.id}` } };
    }),
  );

  mountRoute(app, searchRoutes.listDocuments, ({ query, principal }) =>
    reading(deps, { principal }, async (tx, viewer) => {
      const { rows, total } = await listDocuments(tx, viewer, query, windowOf(query));
      return { status: 200, body: pageOf(rows.map(documentSummary), total, query) };
    }),
  );

  mountRoute(app, searchRoutes.getDocument, ({ params, principal }) =>
    reading(deps, { principal }, async (tx, viewer) => {
      const row = await visibleDocument(tx, viewer, params.id);
      return { status: 200, body: documentView(row, await entitiesOf(tx, viewer, row.id)) };
    }),
  );

  mountRoute(app, searchRoutes.updateDocument, ({ params, body, principal, idempotent }) =>
    writing(deps, { principal, idempotent }, async (tx, viewer, now) => {
      const row = await updateDocument(tx, bus, viewer, params.id, body, now);
      return { status: 200, body: documentView(row, await entitiesOf(tx, viewer, row.id)) };
    }),
  );

  mountRoute(app, searchRoutes.deleteDocument, ({ params, query, principal, idempotent }) =>
    writing(deps, { principal, idempotent }, async (tx, viewer, now) => {
      await deleteDocument(tx, bus, viewer, params.id, query.version, now);
      return { status: 204 };
    }),
  );

  mountRoute(app, searchRoutes.listDocumentVersions, ({ params, query, principal }) =>
    reading(deps, { principal }, async (tx, viewer) => {
      await visibleDocument(tx, viewer, params.id);
      const { rows, total } = await listVersions(tx, viewer, params.id, windowOf(query));
      const items = rows.map((row) => ({
        ...row,
        topics: [...row.topics],
        acl: [...row.acl],
        recordedAt: instant(row.recordedAt),
      }));
      return { status: 200, body: pageOf(items, total, query) };
    }),
  );

  mountRoute(app, searchRoutes.bulkDocuments, ({ body, principal, idempotent }) =>
    writing(
      deps,
      { principal, idempotent },
      async (tx, viewer, now) => {
        const outcomes = await writeDocuments(tx, bus, viewer, body.items, now);
        return { status: 200, body: await bulkResult(tx, outcomes) };
      },
      BULK,
    ),
  );
}
