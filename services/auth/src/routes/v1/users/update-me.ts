import { authRoutes } from '@peermesh/contracts/auth';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { userOf } from '../../../adapters/pg/user-store.ts';
import type { AuthDeps } from '../../../usecases/auth-deps.ts';
import { updateUser } from '../../../usecases/manage-users.ts';

/** Changes the own profile. */
export function mountUpdateMe(app: FastifyInstance, deps: AuthDeps): void {
  mountRoute(app, authRoutes.updateMe, async ({ body, principal, idempotent }) => {
    const target = { tenantId: principal.tenantId, userId: principal.subject };
    const user = await updateUser(deps, target, body, (tx, after) =>
      idempotent(tx, { status: 200, body: userOf(after) }),
    );
    return { status: 200, body: userOf(user) };
  });
}
