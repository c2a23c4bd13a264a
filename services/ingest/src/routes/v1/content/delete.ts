import { ContentDeleted } from '@peermesh/contracts/events';
import { ingestRoutes } from '@peermesh/contracts/ingest';
import type { Database } from '@peermesh/database';
import { commonErrors } from '@peermesh/errors';
import type { Bus } from '@peermesh/messaging';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { deleteItem, readContent } from '../../../adapters/pg/content-store.ts';
import type { IngestSchema } from '../../../adapters/pg/schema.ts';
import type { Clock } from '../../../ports.ts';
import { readerOf } from './reader.ts';

/** DELETE /api/v1/content/:contentId */
export function mountDelete(app: FastifyInstance, db: Database<IngestSchema>, bus: Bus, clock: Clock): void {
  mountRoute(app, ingestRoutes.deleteContent, async ({ params, query, principal, request, idempotent }) => {
    return db.tenant(principal.tenantId, async (tx) => {
      const content = await readContent(tx, params.contentId, readerOf(principal));
      if (content === undefined || content.status === 'deleted') throw commonErrors.notFound();
      if (principal.role === 'user' && content.submittedBy !== principal.subject) throw commonErrors.forbidden();
      const item = await deleteItem(tx, content, clock());
      if (query.version !== undefined && query.version !== item.version) {
        throw commonErrors.versionConflict({ meta: { currentVersion: item.version } });
      }
      const { documentId, sourceId } = content;
      await bus.publish(
        tx,
        ContentDeleted,
        { contentId: item.contentId, documentId, version: item.version, sourceId },
        { tenantId: principal.tenantId, partitionKey: documentId, correlationId: request.id },
      );
      const result = { status: 204 } as const;
      await idempotent(tx, result);
      return result;
    });
  });
}
