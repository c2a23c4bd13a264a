import { authRoutes } from '@peermesh/contracts/auth';
import { commonErrors } from '@peermesh/errors';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { findUser, userOf } from '../../../adapters/pg/user-store.ts';
import type { AuthDeps } from '../../../usecases/auth-deps.ts';

/** Shows a user. */
export function mountGetUser(app: FastifyInstance, deps: AuthDeps): void {
  mountRoute(app, authRoutes.getUser, async ({ params, principal }) => {
    const user = await deps.db.tenant(principal.tenantId, (tx) => findUser(tx, params.userId), { readOnly: true });
    if (user === null) throw commonErrors.notFound();
    return { status: 200, body: userOf(user) };
  });
}
