import { ingestRoutes } from '@peermesh/contracts/ingest';
import { commonErrors, ingestErrors } from '@peermesh/errors';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { readSource } from '../../../adapters/pg/source-store.ts';
import type { SourceDependencies } from '../../../usecases/manage-sources.ts';
import { scheduleFetch } from '../../../usecases/schedule-fetch.ts';

/** POST /api/v1/sources/:sourceId/fetch */
export function mountFetchSource(app: FastifyInstance, { db, clock }: SourceDependencies): void {
  mountRoute(app, ingestRoutes.fetchSource, async ({ params, principal, idempotent }) => {
    return db.tenant(principal.tenantId, async (tx) => {
      const source = await readSource(tx, params.sourceId, true);
      if (source === undefined) throw commonErrors.notFound();
      if (source.url === null)
        throw ingestErrors.sourceUnavailable({ detail: `A ${source.kind} source is not fetched.` });
      if (source.state !== 'active') throw ingestErrors.sourceUnavailable({ detail: `The source is ${source.state}.` });
      const nextFetchAt = await scheduleFetch(tx, source, clock());
      const result = {
        status: 202,
        body: { sourceId: source.source_id, nextFetchAt: nextFetchAt.toISOString() },
      } as const;
      await idempotent(tx, result);
      return result;
    });
  });
}
