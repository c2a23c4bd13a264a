import { authRoutes } from '@peermesh/contracts/auth';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import type { AuthDeps } from '../../../usecases/auth-deps.ts';
import { registerUser } from '../../../usecases/register.ts';
import { originOf } from '../origin.ts';

/** Registers by email and password. */
export function mountRegister(app: FastifyInstance, deps: AuthDeps): void {
  mountRoute(app, authRoutes.register, async ({ body, request }) => {
    await registerUser(deps, {
      tenantId: body.tenant ?? 'default',
      email: body.email,
      password: body.password,
      displayName: body.displayName ?? null,
      origin: originOf(request),
    });
    return { status: 202, body: { status: 'accepted' } };
  });
}
