import { ingestRoutes } from '@peermesh/contracts/ingest';
import type { Database } from '@peermesh/database';
import { mountRoute, pageOf, windowOf } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { listContents } from '../../../adapters/pg/content-store.ts';
import type { IngestSchema } from '../../../adapters/pg/schema.ts';
import { readerOf } from './reader.ts';

/** GET /api/v1/content */
export function mountList(app: FastifyInstance, db: Database<IngestSchema>): void {
  mountRoute(app, ingestRoutes.listContent, async ({ query, principal }) => {
    const { page: _page, limit: _limit, ...filter } = query;
    const { items, total } = await db.tenant(
      principal.tenantId,
      (tx) => listContents(tx, { ...filter, reader: readerOf(principal) }, windowOf(query)),
      { readOnly: true },
    );
    return { status: 200, body: pageOf(items, total, query) };
  });
}
