import { ingestRoutes } from '@peermesh/contracts/ingest';
import { commonErrors } from '@peermesh/errors';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { type SourceDependencies, updateSource } from '../../../usecases/manage-sources.ts';

/** PATCH /api/v1/sources/:sourceId */
export function mountUpdateSource(app: FastifyInstance, dependencies: SourceDependencies): void {
  mountRoute(app, ingestRoutes.updateSource, async ({ params, body, principal, idempotent }) => {
    if (body.respectRobots === false && principal.role !== 'admin') throw commonErrors.forbidden();
    return dependencies.db.tenant(principal.tenantId, async (tx) => {
      const source = await updateSource(tx, dependencies, params.sourceId, body);
      const result = { status: 200, headers: { etag: `"${source.version}"` }, body: source } as const;
      await idempotent(tx, result);
      return result;
    });
  });
}
