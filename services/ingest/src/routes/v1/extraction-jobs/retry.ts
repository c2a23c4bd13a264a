import { ingestRoutes } from '@peermesh/contracts/ingest';
import type { Database } from '@peermesh/database';
import { commonErrors } from '@peermesh/errors';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { readJob } from '../../../adapters/pg/job-store.ts';
import type { IngestSchema } from '../../../adapters/pg/schema.ts';
import { requestAgain } from '../../../usecases/request-extraction.ts';
import type { StoreDependencies } from '../../../usecases/store-items.ts';

/** POST /api/v1/extraction-jobs/:jobId/retry */
export function mountRetryJob(app: FastifyInstance, db: Database<IngestSchema>, dependencies: StoreDependencies): void {
  mountRoute(app, ingestRoutes.retryExtractionJob, async ({ params, principal, idempotent }) => {
    return db.tenant(principal.tenantId, async (tx) => {
      const job = await readJob(tx, params.jobId, true);
      if (job === undefined) throw commonErrors.notFound();
      if (job.state !== 'failed') throw commonErrors.conflict({ detail: `The job is ${job.state}.` });
      const requested = await requestAgain(tx, dependencies, [
        { tenantId: principal.tenantId, jobId: job.id, contentId: job.contentId },
      ]);
      if (requested === 0) throw commonErrors.conflict({ detail: 'The item was withdrawn.' });
      const body = await readJob(tx, params.jobId);
      if (body === undefined) throw commonErrors.notFound();
      const result = { status: 202, body } as const;
      await idempotent(tx, result);
      return result;
    });
  });
}
