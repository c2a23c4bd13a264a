import { authRoutes } from '@peermesh/contracts/auth';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { listRoles } from '../../../adapters/pg/role-store.ts';
import type { AuthDeps } from '../../../usecases/auth-deps.ts';

/** Lists roles. */
export function mountListRoles(app: FastifyInstance, deps: AuthDeps): void {
  mountRoute(app, authRoutes.listRoles, async ({ principal }) => {
    const items = await deps.db.tenant(principal.tenantId, (tx) => listRoles(tx), { readOnly: true });
    return { status: 200, body: { items } };
  });
}
