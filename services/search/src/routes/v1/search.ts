import { searchRoutes } from '@peermesh/contracts/search';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { type RouteDeps, viewerOf } from './route-deps.ts';

/** The search itself. */
export function mountSearch(app: FastifyInstance, deps: RouteDeps): void {
  mountRoute(app, searchRoutes.search, async ({ body, principal, request, signal }) => {
    const answer = await deps.orchestrator.search(body, { viewer: viewerOf(principal), requestId: request.id, signal });
    const { degradedLegs } = answer;
    return {
      status: 200,
      body: answer.body,
      headers: degradedLegs.length === 0 ? {} : { 'x-peermesh-degraded': degradedLegs.join(',') },
    };
  });
}
