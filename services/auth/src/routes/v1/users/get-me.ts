import { authRoutes } from '@peermesh/contracts/auth';
import { commonErrors } from '@peermesh/errors';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { findUser, userOf } from '../../../adapters/pg/user-store.ts';
import type { AuthDeps } from '../../../usecases/auth-deps.ts';

/** Shows the own profile. */
export function mountGetMe(app: FastifyInstance, deps: AuthDeps): void {
  mountRoute(app, authRoutes.getMe, async ({ principal }) => {
    const user = await deps.db.tenant(principal.tenantId, (tx) => findUser(tx, principal.subject), { readOnly: true });
    if (user === null) throw commonErrors.unauthenticated();
    return { status: 200, body: userOf(user) };
  });
}
