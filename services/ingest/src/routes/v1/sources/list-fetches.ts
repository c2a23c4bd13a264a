import { ingestRoutes } from '@peermesh/contracts/ingest';
import { commonErrors } from '@peermesh/errors';
import { mountRoute, pageOf, windowOf } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { listFetches } from '../../../adapters/pg/fetch-log.ts';
import { readSource } from '../../../adapters/pg/source-store.ts';
import type { SourceDependencies } from '../../../usecases/manage-sources.ts';

/** GET /api/v1/sources/:sourceId/fetches */
export function mountListFetches(app: FastifyInstance, { db }: SourceDependencies): void {
  mountRoute(app, ingestRoutes.listSourceFetches, async ({ params, query, principal }) => {
    return db.tenant(
      principal.tenantId,
      async (tx) => {
        if ((await readSource(tx, params.sourceId)) === undefined) throw commonErrors.notFound();
        const { items, total } = await listFetches(tx, params.sourceId, windowOf(query));
        return { status: 200, body: pageOf(items, total, query) };
      },
      { readOnly: true },
    );
  });
}
