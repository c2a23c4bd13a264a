import { ingestRoutes } from '@peermesh/contracts/ingest';
import type { Database } from '@peermesh/database';
import { commonErrors } from '@peermesh/errors';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { readJob } from '../../../adapters/pg/job-store.ts';
import type { IngestSchema } from '../../../adapters/pg/schema.ts';

/** GET /api/v1/extraction-jobs/:jobId */
export function mountGetJob(app: FastifyInstance, db: Database<IngestSchema>): void {
  mountRoute(app, ingestRoutes.getExtractionJob, async ({ params, principal }) => {
    const body = await db.tenant(principal.tenantId, (tx) => readJob(tx, params.jobId), { readOnly: true });
    if (body === undefined) throw commonErrors.notFound();
    return { status: 200, body };
  });
}
