import { ingestRoutes } from '@peermesh/contracts/ingest';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import type { Intake } from '../../../usecases/intake.ts';

/** POST /api/v1/content/batch */
export function mountSubmitBatch(app: FastifyInstance, intake: Intake): void {
  mountRoute(app, ingestRoutes.submitContentBatch, async ({ body, principal, request, idempotent }) => {
    const submitter = { tenantId: principal.tenantId, subject: principal.subject, correlationId: request.id };
    return intake.submitMany(submitter, body.items, async (tx, items) => {
      const count = (...statuses: string[]): number => items.filter(({ status }) => statuses.includes(status)).length;
      const duplicates = count('duplicate');
      const rejected = count('rejected');
      const result = {
        status: 202,
        body: { items, accepted: items.length - duplicates - rejected, duplicates, rejected },
      } as const;
      await idempotent(tx, result);
      return result;
    });
  });
}
