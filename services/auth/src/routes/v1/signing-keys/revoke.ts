import { authRoutes } from '@peermesh/contracts/auth';
import { commonErrors } from '@peermesh/errors';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import type { AuthDeps } from '../../../usecases/auth-deps.ts';
import { announceRevocation } from '../../../usecases/revocation.ts';

/** Revokes a signing key. */
export function mountRevokeSigningKey(app: FastifyInstance, deps: AuthDeps): void {
  mountRoute(app, authRoutes.revokeSigningKey, async ({ params, principal, idempotent }) => {
    const { tenantId } = principal;
    await deps.db.system(async (tx) => {
      if (!(await deps.keyring.revoke(tx, params.kid))) throw commonErrors.notFound();
      const notice = { id: params.kid, tenantId, userId: null, reason: 'signing_key_revoked' };
      await announceRevocation(deps, tx, { ...notice, kind: 'signing_key' });
      await idempotent(tx, { status: 204 });
    });
    await deps.keyring.reload();
    return { status: 204 };
  });
}
