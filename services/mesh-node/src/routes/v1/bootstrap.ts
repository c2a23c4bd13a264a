import { meshRoutes } from '@peermesh/contracts/mesh';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import type { RouteDependencies } from '../route-dependencies.ts';

/** /api/v1/mesh, /api/v1/mesh/join, /api/v1/mesh/leave, /api/v1/mesh/status */
export function mountBootstrap(app: FastifyInstance, { runtime, report }: RouteDependencies): void {
  mountRoute(app, meshRoutes.seed, async ({ body }) => ({ status: 201, body: await runtime.seed(body) }));

  mountRoute(app, meshRoutes.join, async ({ body }) => ({
    status: 200,
    body: await runtime.join({ ...body, joinKey: body.joinKey ?? null }),
  }));

  mountRoute(app, meshRoutes.leave, async ({ principal }) => {
    await runtime.leave(principal.subject);
    return { status: 204 };
  });

  mountRoute(app, meshRoutes.getMesh, async () => ({ status: 200, body: runtime.mesh() }));

  mountRoute(app, meshRoutes.getStatus, async () => ({ status: 200, body: { ...runtime.status(), ...report() } }));
}
