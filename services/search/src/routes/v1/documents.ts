import { searchRoutes } from '@peermesh/contracts/search';
import { mountRoute, pageOf, windowOf } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { writeDocuments } from '../../adapters/pg/document-bulk.ts';
import { createDocument, deleteDocument, updateDocument, visibleDocument } from '../../adapters/pg/document-records.ts';
import { entitiesOf, listDocuments, listVersions } from '../../adapters/pg/record-lists.ts';
import { bulkResult } from './bulk.ts';
import { documentSummary, documentView, instant } from './record-views.ts';
import { nowOf, type RouteDeps, viewerOf } from './route-deps.ts';

/** Documents of record. */
export function mountDocuments(app: FastifyInstance, deps: RouteDeps): void {
  const { db, bus } = deps;

  mountRoute(app, searchRoutes.createDocument, async ({ body, principal, idempotent }) => {
    const viewer = viewerOf(principal);
    return db.tenant(viewer.tenantId, async (tx) => {
      const row = await createDocument(tx, bus, viewer, body, nowOf(deps));
      const result = {
        status: 201 as const,
        body: documentView(row, []),
        headers: { location: `/api/v1/documents/${row.id}` },
      };
      await idempotent(tx, result);
      return result;
    });
  });

  mountRoute(app, searchRoutes.listDocuments, async ({ query, principal }) => {
    const viewer = viewerOf(principal);
    const { rows, total } = await db.tenant(
      viewer.tenantId,
      (tx) => listDocuments(tx, viewer, query, windowOf(query)),
      { readOnly: true },
    );
    return { status: 200, body: pageOf(rows.map(documentSummary), total, query) };
  });

  mountRoute(app, searchRoutes.getDocument, async ({ params, principal }) => {
    const viewer = viewerOf(principal);
    return db.tenant(
      viewer.tenantId,
      async (tx) => {
        const row = await visibleDocument(tx, viewer, params.id);
        return { status: 200, body: documentView(row, await entitiesOf(tx, viewer, row.id)) };
      },
      { readOnly: true },
    );
  });

  mountRoute(app, searchRoutes.updateDocument, async ({ params, body, principal, idempotent }) => {
    const viewer = viewerOf(principal);
    return db.tenant(viewer.tenantId, async (tx) => {
      const row = await updateDocument(tx, bus, viewer, params.id, body, nowOf(deps));
      const result = { status: 200 as const, body: documentView(row, await entitiesOf(tx, viewer, row.id)) };
      await idempotent(tx, result);
      return result;
    });
  });

  mountRoute(app, searchRoutes.deleteDocument, async ({ params, query, principal, idempotent }) => {
    const viewer = viewerOf(principal);
    return db.tenant(viewer.tenantId, async (tx) => {
      await deleteDocument(tx, bus, viewer, params.id, query.version, nowOf(deps));
      await idempotent(tx, { status: 204 });
      return { status: 204 };
    });
  });

  mountRoute(app, searchRoutes.listDocumentVersions, async ({ params, query, principal }) => {
    const viewer = viewerOf(principal);
    return db.tenant(
      viewer.tenantId,
      async (tx) => {
        await visibleDocument(tx, viewer, params.id);
        const { rows, total } = await listVersions(tx, viewer, params.id, windowOf(query));
        const items = rows.map((row) => ({
          ...row,
          topics: [...row.topics],
          acl: [...row.acl],
          recordedAt: instant(row.recordedAt),
        }));
        return { status: 200, body: pageOf(items, total, query) };
      },
      { readOnly: true },
    );
  });

  mountRoute(app, searchRoutes.bulkDocuments, async ({ body, principal, idempotent }) => {
    const viewer = viewerOf(principal);
    return db.tenant(
      viewer.tenantId,
      async (tx) => {
        const now = nowOf(deps);
        const result = {
          status: 200 as const,
          body: await bulkResult(tx, await writeDocuments(tx, bus, viewer, body.items, now)),
        };
        await idempotent(tx, result);
        return result;
      },
      { statementTimeoutMs: 60_000 },
    );
  });
}
