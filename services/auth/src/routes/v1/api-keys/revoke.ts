import { authRoutes } from '@peermesh/contracts/auth';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { revokeApiKey } from '../../../usecases/api-keys.ts';
import type { AuthDeps } from '../../../usecases/auth-deps.ts';
import { isAdministrator } from '../ownership.ts';

/** Revokes an API key. */
export function mountRevokeApiKey(app: FastifyInstance, deps: AuthDeps): void {
  mountRoute(app, authRoutes.revokeApiKey, async ({ params, principal, idempotent }) => {
    const owner = isAdministrator(principal) ? null : principal.subject;
    await deps.db.tenant(principal.tenantId, async (tx) => {
      await revokeApiKey(deps, tx, params.keyId, owner);
      await idempotent(tx, { status: 204 });
    });
    return { status: 204 };
  });
}
