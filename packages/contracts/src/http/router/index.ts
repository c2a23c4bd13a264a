import { computePaths, fetchNodeRoutes, getNodeRoutes, getRoutedTopology, listRoutedMeshes } from './paths.ts';
import {
  createRoutePolicy,
  deleteRoutePolicy,
  getRoutePolicy,
  listRoutePolicies,
  updateRoutePolicy,
} from './route-policies.ts';

export {
  CreateRoutePolicy,
  LinkState,
  NodeRoute,
  NodeRoutes,
  NodeRoutesRequest,
  PathAnswer,
  PathRequest,
  RouteConstraints,
  RoutedMesh,
  RoutedPath,
  RoutedTopology,
  RoutePolicy,
  UpdateRoutePolicy,
} from './schemas.ts';

/** Every route of the path computation element. */
export const routerRoutes = {
  listRoutedMeshes,
  getRoutedTopology,
  computePaths,
  getNodeRoutes,
  fetchNodeRoutes,
  createRoutePolicy,
  listRoutePolicies,
  getRoutePolicy,
  updateRoutePolicy,
  deleteRoutePolicy,
} as const;
