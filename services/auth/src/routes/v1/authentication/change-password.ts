import { authRoutes } from '@peermesh/contracts/auth';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import type { AuthDeps } from '../../../usecases/auth-deps.ts';
import { changePassword } from '../../../usecases/change-password.ts';
import { originOf } from '../origin.ts';

/** Changes the own password. */
export function mountChangePassword(app: FastifyInstance, deps: AuthDeps): void {
  mountRoute(app, authRoutes.changePassword, async ({ body, principal, request }) => {
    const passwords = { current: body.currentPassword, next: body.newPassword };
    await changePassword(deps, principal, passwords, originOf(request));
    return { status: 204 };
  });
}
