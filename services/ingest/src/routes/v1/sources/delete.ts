import { ingestRoutes } from '@peermesh/contracts/ingest';
import { commonErrors } from '@peermesh/errors';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { readSource } from '../../../adapters/pg/source-store.ts';
import type { SourceDependencies } from '../../../usecases/manage-sources.ts';

/** DELETE /api/v1/sources/:sourceId */
export function mountDeleteSource(app: FastifyInstance, { db }: SourceDependencies): void {
  mountRoute(app, ingestRoutes.deleteSource, async ({ params, query, principal, idempotent }) => {
    return db.tenant(principal.tenantId, async (tx) => {
      const current = await readSource(tx, params.sourceId, true);
      if (current === undefined) throw commonErrors.notFound();
      if (query.version !== undefined && query.version !== current.version) {
        throw commonErrors.versionConflict({ meta: { currentVersion: current.version } });
      }
      const ids = [principal.tenantId, params.sourceId];
      await tx.client.query('delete from ingest_source_fetches where tenant_id = $1 and source_id = $2', ids);
      await tx.client.query('delete from ingest_sources where tenant_id = $1 and source_id = $2', ids);
      const result = { status: 204 } as const;
      await idempotent(tx, result);
      return result;
    });
  });
}
