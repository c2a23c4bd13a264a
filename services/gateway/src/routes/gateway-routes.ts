import { gatewayRoutes } from '@peermesh/contracts/gateway';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import type { RouteTable } from '../domain/route-table.ts';
import type { Upstream } from '../proxy/upstream.ts';
import type { RouteTables } from '../tables/route-tables.ts';

/** The gateway's own operations: its route table and its view of the upstreams. */
export function mountGatewayRoutes(
  app: FastifyInstance,
  parts: {
    readonly tables: RouteTables;
    readonly upstreams: ReadonlyMap<string, Upstream>;
    readonly activeTable: () => RouteTable;
  },
): void {
  const { tables } = parts;
  mountRoute(app, gatewayRoutes.getRoutes, async () => {
    const snapshot = tables.active;
    return { status: 200 as const, body: snapshot, headers: { etag: `"${snapshot.digest}"` } };
  });
  mountRoute(app, gatewayRoutes.putRoutes, async ({ body, principal, request }) => {
    const { subject, tenantId } = principal;
    const snapshot = await tables.replace(body, { subject, tenantId, ifMatch: request.headers['if-match'] });
    return { status: 200 as const, body: snapshot, headers: { etag: `"${snapshot.digest}"` } };
  });
  mountRoute(app, gatewayRoutes.validateRoutes, async ({ body }) => ({
    status: 200 as const,
    body: tables.validate(body),
  }));
  mountRoute(app, gatewayRoutes.listRouteHistory, async () => ({
    status: 200 as const,
    body: { items: await tables.history() },
  }));
  mountRoute(app, gatewayRoutes.rollbackRoutes, async ({ body, principal }) => {
    const snapshot = await tables.rollback(body.revision, principal);
    return { status: 200 as const, body: snapshot, headers: { etag: `"${snapshot.digest}"` } };
  });
  mountRoute(app, gatewayRoutes.listUpstreams, async () => {
    const nowMs = performance.now();
    const items = [...parts.upstreams.values()].map(({ service, targets }) => ({
      service,
      targets: targets.map((target) => ({
        url: target.url,
        state: target.ejectedUntilMs > nowMs ? ('ejected' as const) : ('up' as const),
        inFlight: target.inFlight,
        latencyMs: Math.round(target.latencyMs * 1000) / 1000,
        consecutiveFailures: target.consecutiveFailures,
      })),
    }));
    const openBreakers = parts
      .activeTable()
      .routes.filter(({ state }) => state.breaker !== null && state.breaker.state !== 'closed')
      .map(({ id }) => id);
    return { status: 200 as const, body: { items, openBreakers } };
  });
}
