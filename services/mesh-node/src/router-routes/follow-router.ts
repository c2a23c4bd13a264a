import type { MeshCore } from '@peermesh/mesh-core';
import type { Logger, MetricsRegistry } from '@peermesh/telemetry';
import type { MeshNodeConfig } from '../config.ts';
import { observeRoutes } from './observe-routes.ts';
import { RouteFollower } from './route-follower.ts';
import type { RouteTaker } from './route-taker.ts';
import { createRouterClient } from './router-client.ts';

const TIMEOUT_MS_MAX = 5_000;

/** Begins to follow the router that is configured; null for a node that uses its own routes alone. */
export function followRouter(
  config: Pick<MeshNodeConfig, 'MESH_ROUTER_URL' | 'MESH_ROUTER_FRESH_MS'>,
  { core, taker }: { readonly core: MeshCore; readonly taker: RouteTaker },
  { logger, metrics }: { readonly logger: Logger; readonly metrics: MetricsRegistry },
): RouteFollower | null {
  const { MESH_ROUTER_URL: url, MESH_ROUTER_FRESH_MS: freshMs } = config;
  const onOutcome = observeRoutes(metrics, core);
  if (url === '') return null;
  const client = createRouterClient(url, taker, Math.min(freshMs, TIMEOUT_MS_MAX));
  return new RouteFollower({ taker, client, freshMs, logger, onOutcome });
}
