import { verifyNodeProof } from '@peermesh/authz';
import { routerRoutes } from '@peermesh/contracts/router';
import { commonErrors, routerErrors } from '@peermesh/errors';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import type { Clock } from '../../ports.ts';
import type { RouteAnnouncer } from '../../usecases/announce-routes.ts';
import type { RouteService } from '../../usecases/compute-routes.ts';

/** Whom a node addresses its proof to. */
const AUDIENCE = 'router';

/** What these routes need. */
export interface NodeRouteDependencies {
  readonly clock: Clock;
  readonly routes: RouteService;
  readonly announcer: RouteAnnouncer;
}

/** /api/v1/router/meshes/:meshId/nodes/:shortId/routes */
export function mountNodeRoutes(app: FastifyInstance, { clock, routes, announcer }: NodeRouteDependencies): void {
  mountRoute(app, routerRoutes.getNodeRoutes, async ({ params }) => {
    const body = await routes.routesOf(params.meshId, params.shortId);
    announcer.noteInterest(params.meshId, params.shortId, clock().getTime());
    return { status: 200, body };
  });

  mountRoute(app, routerRoutes.fetchNodeRoutes, async ({ params, body: { proof, known } }) => {
    const { meshId, shortId } = params;
    const claims = await verifyNodeProof(proof, AUDIENCE, clock());
    if (claims === null || claims.meshId !== meshId || claims.shortId !== shortId) throw routerErrors.proofInvalid();
    // To whoever holds another key the node is not there.
    if (routes.keyOf(meshId, shortId) !== claims.nodeId) throw commonErrors.notFound();
    const body = await routes.routesOf(meshId, shortId, known);
    announcer.noteInterest(meshId, shortId, clock().getTime());
    return { status: 200, body };
  });
}
