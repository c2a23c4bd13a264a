import { authRoutes } from '@peermesh/contracts/auth';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import type { AuthDeps } from '../../../usecases/auth-deps.ts';
import { refreshSession } from '../../../usecases/refresh-session.ts';
import { originOf } from '../origin.ts';

/** Exchanges a refresh token. */
export function mountRefresh(app: FastifyInstance, deps: AuthDeps): void {
  mountRoute(app, authRoutes.refresh, async ({ body, request, reply }) => {
    reply.header('cache-control', 'no-store');
    return { status: 200, body: await refreshSession(deps, body.refreshToken, originOf(request)) };
  });
}
