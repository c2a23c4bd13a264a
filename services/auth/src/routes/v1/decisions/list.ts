import { authRoutes } from '@peermesh/contracts/auth';
import { mountRoute, pageOf, windowOf } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { listDecisions } from '../../../adapters/pg/decision-store.ts';
import type { AuthDeps } from '../../../usecases/auth-deps.ts';

/** Lists the decision log. */
export function mountListDecisions(app: FastifyInstance, deps: AuthDeps): void {
  mountRoute(app, authRoutes.listDecisions, async ({ query, principal }) => {
    const list = await deps.db.tenant(principal.tenantId, (tx) => listDecisions(tx, query, windowOf(query)), {
      readOnly: true,
    });
    return { status: 200, body: pageOf(list.items, list.total, query) };
  });
}
