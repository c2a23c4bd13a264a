import { ingestRoutes } from '@peermesh/contracts/ingest';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import type { QuotaStore } from '../../../adapters/pg/quota-store.ts';
import type { QuotaLedger } from '../../../usecases/quota-ledger.ts';

/** GET /api/v1/ingest/quota and PUT /api/v1/ingest/quotas/:tenantId */
export function mountQuota(app: FastifyInstance, store: QuotaStore, ledger: QuotaLedger): void {
  mountRoute(app, ingestRoutes.getIntakeQuota, async ({ principal }) => ({
    status: 200,
    body: await ledger.read(principal.tenantId),
  }));
  mountRoute(app, ingestRoutes.setIntakeQuota, async ({ body, params: { tenantId } }) => {
    await store.set(tenantId, body);
    ledger.forget(tenantId);
    return { status: 200, body: await ledger.read(tenantId) };
  });
}
