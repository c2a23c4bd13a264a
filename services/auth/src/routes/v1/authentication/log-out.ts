import { authRoutes } from '@peermesh/contracts/auth';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import type { AuthDeps } from '../../../usecases/auth-deps.ts';
import { revokeSessions } from '../../../usecases/revocation.ts';

/** Ends the session of the token. */
export function mountLogOut(app: FastifyInstance, deps: AuthDeps): void {
  mountRoute(app, authRoutes.logout, async ({ principal }) => {
    const { sessionId, tenantId } = principal;
    if (sessionId !== undefined) {
      await deps.db.tenant(tenantId, (tx) => revokeSessions(deps, tx, { id: sessionId }, tenantId, 'logged_out'));
    }
    return { status: 204 };
  });
}
