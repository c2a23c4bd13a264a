import { ingestRoutes } from '@peermesh/contracts/ingest';
import type { Database } from '@peermesh/database';
import { mountRoute, pageOf, windowOf } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { listJobs } from '../../../adapters/pg/job-store.ts';
import type { IngestSchema } from '../../../adapters/pg/schema.ts';

/** GET /api/v1/extraction-jobs */
export function mountListJobs(app: FastifyInstance, db: Database<IngestSchema>): void {
  mountRoute(app, ingestRoutes.listExtractionJobs, async ({ query, principal }) => {
    const { page: _page, limit: _limit, ...filter } = query;
    const { items, total } = await db.tenant(principal.tenantId, (tx) => listJobs(tx, filter, windowOf(query)), {
      readOnly: true,
    });
    return { status: 200, body: pageOf(items, total, query) };
  });
}
