import { authRoutes } from '@peermesh/contracts/auth';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import type { AuthDeps } from '../../../usecases/auth-deps.ts';
import { logIn } from '../../../usecases/log-in.ts';
import { originOf } from '../origin.ts';

/** Opens a session. */
export function mountLogIn(app: FastifyInstance, deps: AuthDeps): void {
  mountRoute(app, authRoutes.login, async ({ body, request, reply }) => {
    reply.header('cache-control', 'no-store');
    const tokens = await logIn(deps, {
      tenantId: body.tenant ?? 'default',
      email: body.email,
      password: body.password,
      device: body.device ?? null,
      origin: originOf(request),
    });
    return { status: 200, body: tokens };
  });
}
