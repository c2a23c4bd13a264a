import { ingestRoutes } from '@peermesh/contracts/ingest';
import type { Database } from '@peermesh/database';
import { commonErrors } from '@peermesh/errors';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { readContent } from '../../../adapters/pg/content-store.ts';
import type { IngestSchema } from '../../../adapters/pg/schema.ts';
import { readerOf } from './reader.ts';

/** GET /api/v1/content/:contentId */
export function mountGet(app: FastifyInstance, db: Database<IngestSchema>): void {
  mountRoute(app, ingestRoutes.getContent, async ({ params, query, principal }) => {
    const body = await db.tenant(
      principal.tenantId,
      (tx) => readContent(tx, params.contentId, readerOf(principal), query.include === 'text'),
      { readOnly: true },
    );
    if (body === undefined) throw commonErrors.notFound();
    return { status: 200, body };
  });
}
