import { authRoutes } from '@peermesh/contracts/auth';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import type { AuthDeps } from '../../../usecases/auth-deps.ts';
import { revokeSessions } from '../../../usecases/revocation.ts';
import { subjectOf } from '../ownership.ts';

/** Revokes all sessions of a user. */
export function mountRevokeSessions(app: FastifyInstance, deps: AuthDeps): void {
  mountRoute(app, authRoutes.revokeSessions, async ({ query, principal, idempotent }) => {
    const { tenantId, subject, sessionId } = principal;
    const userId = subjectOf(principal, query.userId, 'change');
    const which = { userId, except: query.keepCurrent === true ? sessionId : undefined };
    const reason = userId === subject ? 'revoked_by_user' : 'revoked_by_admin';
    return deps.db.tenant(tenantId, async (tx) => {
      const revoked = await revokeSessions(deps, tx, which, tenantId, reason);
      const result = { status: 200, body: { revoked } } as const;
      await idempotent(tx, result);
      return result;
    });
  });
}
