import { authRoutes } from '@peermesh/contracts/auth';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import type { AuthDeps } from '../../../usecases/auth-deps.ts';
import { isTokenActive } from '../../../usecases/introspect.ts';

/** Tells whether a token is good now. */
export function mountIntrospect(app: FastifyInstance, deps: AuthDeps): void {
  mountRoute(app, authRoutes.introspect, async ({ body, reply }) => {
    reply.header('cache-control', 'no-store');
    return { status: 200, body: { active: await isTokenActive(deps, body.token) } };
  });
}
