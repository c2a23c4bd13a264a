import { authRoutes } from '@peermesh/contracts/auth';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { userOf } from '../../../adapters/pg/user-store.ts';
import type { AuthDeps } from '../../../usecases/auth-deps.ts';
import { createUser } from '../../../usecases/manage-users.ts';

/** Creates a user. */
export function mountCreateUser(app: FastifyInstance, deps: AuthDeps): void {
  mountRoute(app, authRoutes.createUser, async ({ body, principal, idempotent }) => {
    const input = {
      tenantId: principal.tenantId,
      email: body.email,
      password: body.password,
      displayName: body.displayName ?? null,
      role: body.role ?? 'user',
    };
    const headersOf = (id: string) => ({ location: `/api/v1/users/${id}` });
    const user = await createUser(deps, input, (tx, created) =>
      idempotent(tx, { status: 201, body: userOf(created), headers: headersOf(created.id) }),
    );
    return { status: 201, body: userOf(user), headers: headersOf(user.id) };
  });
}
