import { authRoutes } from '@peermesh/contracts/auth';
import { commonErrors } from '@peermesh/errors';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import type { AuthDeps } from '../../../usecases/auth-deps.ts';
import { revokeSessions } from '../../../usecases/revocation.ts';
import { isAdministrator } from '../ownership.ts';

/** Revokes one session. */
export function mountRevokeSession(app: FastifyInstance, deps: AuthDeps): void {
  mountRoute(app, authRoutes.revokeSession, async ({ params, principal, idempotent }) => {
    const { tenantId, subject } = principal;
    await deps.db.tenant(tenantId, async (tx) => {
      const id = params.sessionId;
      const row = await tx.query.selectFrom('auth_sessions').select('user_id').where('id', '=', id).executeTakeFirst();
      const isVisible = row !== undefined && (row.user_id === subject || isAdministrator(principal));
      if (!isVisible) throw commonErrors.notFound();
      await revokeSessions(
        deps,
        tx,
        { id },
        tenantId,
        row.user_id === subject ? 'revoked_by_user' : 'revoked_by_admin',
      );
      await idempotent(tx, { status: 204 });
    });
    return { status: 204 };
  });
}
