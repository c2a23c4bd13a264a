import { ingestRoutes } from '@peermesh/contracts/ingest';
import { commonErrors } from '@peermesh/errors';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { readSource, toSource } from '../../../adapters/pg/source-store.ts';
import type { SourceDependencies } from '../../../usecases/manage-sources.ts';

/** GET /api/v1/sources/:sourceId */
export function mountGetSource(app: FastifyInstance, { db }: SourceDependencies): void {
  mountRoute(app, ingestRoutes.getSource, async ({ params, principal }) => {
    const row = await db.tenant(principal.tenantId, (tx) => readSource(tx, params.sourceId), { readOnly: true });
    if (row === undefined) throw commonErrors.notFound();
    return { status: 200, headers: { etag: `"${row.version}"` }, body: toSource(row) };
  });
}
