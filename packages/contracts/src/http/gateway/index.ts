import { connectRealtime, createRealtimeTicket } from './realtime.ts';
import { getRoutes, listRouteHistory, listUpstreams, putRoutes, rollbackRoutes, validateRoutes } from './routes.ts';

export {
  REALTIME_TOPICS,
  RealtimeClientMessage,
  RealtimeServerMessage,
  RealtimeTicket,
  type RealtimeTopic,
} from './realtime.ts';
export { GatewayRoute, RateLimit, RouteConfig, RouteLimits, RouteResilience } from './route-config.ts';
export { RouteDiff, RouteSnapshot, RouteSnapshotSummary, RouteValidation } from './routes.ts';

/** Every route of the gateway itself. */
export const gatewayRoutes = {
  getRoutes,
  putRoutes,
  validateRoutes,
  listRouteHistory,
  rollbackRoutes,
  listUpstreams,
  connectRealtime,
  createRealtimeTicket,
} as const;
