import type { RouteResult } from '@peermesh/contracts';
import { authRoutes } from '@peermesh/contracts/auth';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import type { AuthDeps } from '../../../usecases/auth-deps.ts';

/** Publishes the keys that verify tokens. */
export function mountGetJwks(app: FastifyInstance, deps: AuthDeps): void {
  mountRoute(app, authRoutes.getJwks, async ({ reply }) => {
    reply.header('cache-control', 'public, max-age=60');
    return { status: 200, body: deps.keyring.jwks } as unknown as RouteResult<typeof authRoutes.getJwks>;
  });
}
