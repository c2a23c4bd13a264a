import { ingestRoutes } from '@peermesh/contracts/ingest';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import type { Intake } from '../../../usecases/intake.ts';

/** POST /api/v1/content */
export function mountSubmit(app: FastifyInstance, intake: Intake): void {
  mountRoute(app, ingestRoutes.submitContent, async ({ body, principal, request, idempotent }) => {
    const submitter = { tenantId: principal.tenantId, subject: principal.subject, correlationId: request.id };
    return intake.submitOne(submitter, body, async (tx, receipt) => {
      const result = { status: receipt.status === 'duplicate' ? 200 : 202, body: receipt } as const;
      await idempotent(tx, result);
      return result;
    });
  });
}
