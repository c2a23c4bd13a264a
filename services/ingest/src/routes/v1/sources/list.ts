import { ingestRoutes } from '@peermesh/contracts/ingest';
import { mountRoute, pageOf, windowOf } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { listSources } from '../../../adapters/pg/source-store.ts';
import type { SourceDependencies } from '../../../usecases/manage-sources.ts';

/** GET /api/v1/sources */
export function mountListSources(app: FastifyInstance, { db }: SourceDependencies): void {
  mountRoute(app, ingestRoutes.listSources, async ({ query, principal }) => {
    const { page: _page, limit: _limit, ...filter } = query;
    const { items, total } = await db.tenant(principal.tenantId, (tx) => listSources(tx, filter, windowOf(query)), {
      readOnly: true,
    });
    return { status: 200, body: pageOf(items, total, query) };
  });
}
