import { ingestRoutes } from '@peermesh/contracts/ingest';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { rotateSecret, type SourceDependencies } from '../../../usecases/manage-sources.ts';

/** POST /api/v1/sources/:sourceId/secret */
export function mountRotateSecret(app: FastifyInstance, dependencies: SourceDependencies): void {
  mountRoute(app, ingestRoutes.rotateSourceSecret, async ({ params, principal, idempotent }) => {
    return dependencies.db.tenant(principal.tenantId, async (tx) => {
      const result = { status: 200, body: await rotateSecret(tx, dependencies, params.sourceId) } as const;
      await idempotent(tx, result);
      return result;
    });
  });
}
