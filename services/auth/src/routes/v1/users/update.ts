import { authRoutes } from '@peermesh/contracts/auth';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { userOf } from '../../../adapters/pg/user-store.ts';
import type { AuthDeps } from '../../../usecases/auth-deps.ts';
import { updateUser } from '../../../usecases/manage-users.ts';

/** Changes a user. */
export function mountUpdateUser(app: FastifyInstance, deps: AuthDeps): void {
  mountRoute(app, authRoutes.updateUser, async ({ params, body, principal, idempotent }) => {
    const target = { tenantId: principal.tenantId, userId: params.userId };
    const user = await updateUser(deps, target, body, (tx, after) =>
      idempotent(tx, { status: 200, body: userOf(after) }),
    );
    return { status: 200, body: userOf(user) };
  });
}
