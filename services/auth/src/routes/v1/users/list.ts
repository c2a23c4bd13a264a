import { authRoutes } from '@peermesh/contracts/auth';
import { mountRoute, pageOf, windowOf } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { listUsers } from '../../../adapters/pg/user-store.ts';
import type { AuthDeps } from '../../../usecases/auth-deps.ts';

/** Lists users. */
export function mountListUsers(app: FastifyInstance, deps: AuthDeps): void {
  mountRoute(app, authRoutes.listUsers, async ({ query, principal }) => {
    const list = await deps.db.tenant(principal.tenantId, (tx) => listUsers(tx, query, windowOf(query)), {
      readOnly: true,
    });
    return { status: 200, body: pageOf(list.items, list.total, query) };
  });
}
