import { authRoutes } from '@peermesh/contracts/auth';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import type { AuthDeps } from '../../../usecases/auth-deps.ts';
import { deleteRole } from '../../../usecases/manage-roles.ts';

/** Deletes a role. */
export function mountDeleteRole(app: FastifyInstance, deps: AuthDeps): void {
  mountRoute(app, authRoutes.deleteRole, async ({ params, principal, idempotent }) => {
    await deps.db.tenant(principal.tenantId, async (tx) => {
      await deleteRole(tx, principal.tenantId, params.role);
      await idempotent(tx, { status: 204 });
    });
    return { status: 204 };
  });
}
