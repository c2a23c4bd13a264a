import { meshRoutes } from '@peermesh/contracts/mesh';
import { mountRoute, pageOf, windowOf } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import type { RouteDependencies } from '../route-dependencies.ts';

/** /api/v1/mesh/nodes, /api/v1/mesh/topology, /api/v1/mesh/paths, /api/v1/mesh/trace */
export function mountMembers(app: FastifyInstance, { runtime }: RouteDependencies): void {
  mountRoute(app, meshRoutes.listNodes, async ({ query }) => {
    const nodes = runtime.nodes();
    const { offset, limit } = windowOf(query);
    return { status: 200, body: pageOf(nodes.slice(offset, offset + limit), nodes.length, query) };
  });

  mountRoute(app, meshRoutes.getNode, async ({ params }) => ({ status: 200, body: runtime.node(params.node) }));

  mountRoute(app, meshRoutes.evictNode, async ({ params, query, principal, log }) => {
    const override = query.override ?? false;
    if (override) log.warn({ node: params.node, operator: principal.subject }, 'eviction with override was asked for');
    await runtime.evict(params.node, { operator: principal.subject, override });
    return { status: 204 };
  });

  mountRoute(app, meshRoutes.drainNode, async ({ params, body, principal }) => {
    await runtime.drain(params.node, body.isDraining, principal.subject);
    return { status: 204 };
  });

  mountRoute(app, meshRoutes.getTopology, async () => ({ status: 200, body: runtime.topology() }));

  mountRoute(app, meshRoutes.getPaths, async ({ query }) => {
    const { from, to, paths } = runtime.paths(query.from ?? null, query.to);
    return { status: 200, body: { from, to, paths } };
  });

  mountRoute(app, meshRoutes.trace, async ({ query }) => {
    const { to, computedBy, hops } = await runtime.trace(query.to, query.timeoutMs ?? 2_000);
    return { status: 200, body: { to, computedBy, hops } };
  });
}
