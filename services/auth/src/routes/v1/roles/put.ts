import { authRoutes } from '@peermesh/contracts/auth';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import type { AuthDeps } from '../../../usecases/auth-deps.ts';
import { putRole } from '../../../usecases/manage-roles.ts';

/** Creates or changes a role. */
export function mountPutRole(app: FastifyInstance, deps: AuthDeps): void {
  mountRoute(app, authRoutes.putRole, async ({ params, body, principal, idempotent }) => {
    const { tenantId } = principal;
    const wish = { tenantId, name: params.role, inherits: body.inherits, description: body.description ?? '' };
    return deps.db.tenant(tenantId, async (tx) => {
      const { isNew, role } = await putRole(deps, tx, wish);
      const result = { status: isNew ? 201 : 200, body: role } as const;
      await idempotent(tx, result);
      return result;
    });
  });
}
