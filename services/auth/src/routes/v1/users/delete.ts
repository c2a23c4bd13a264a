import { authRoutes } from '@peermesh/contracts/auth';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import type { AuthDeps } from '../../../usecases/auth-deps.ts';
import { deleteUser } from '../../../usecases/manage-users.ts';

/** Deletes a user. */
export function mountDeleteUser(app: FastifyInstance, deps: AuthDeps): void {
  mountRoute(app, authRoutes.deleteUser, async ({ params, principal, idempotent }) => {
    const target = { tenantId: principal.tenantId, userId: params.userId };
    await deleteUser(deps, target, (tx) => idempotent(tx, { status: 204 }));
    return { status: 204 };
  });
}
