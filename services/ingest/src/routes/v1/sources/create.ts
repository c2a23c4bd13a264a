import { ingestRoutes } from '@peermesh/contracts/ingest';
import { commonErrors } from '@peermesh/errors';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { createSource, type SourceDependencies } from '../../../usecases/manage-sources.ts';

/** POST /api/v1/sources */
export function mountCreateSource(app: FastifyInstance, dependencies: SourceDependencies): void {
  mountRoute(app, ingestRoutes.createSource, async ({ body, principal, idempotent }) => {
    if (body.respectRobots === false && principal.role !== 'admin') throw commonErrors.forbidden();
    const { sourcesMax } = await dependencies.quotas.read(principal.tenantId);
    return dependencies.db.tenant(principal.tenantId, async (tx) => {
      const created = await createSource(tx, dependencies, body, sourcesMax);
      const headers = { location: `/api/v1/sources/${created.source.id}` };
      const result = { status: 201, headers, body: created } as const;
      await idempotent(tx, result);
      return result;
    });
  });
}
