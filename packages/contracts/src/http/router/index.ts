import { computePaths, getNodeRoutes, getRoutedTopology, listRoutedMeshes } from './paths.ts';
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
  createRoutePolicy,
  listRoutePolicies,
  getRoutePolicy,
  updateRoutePolicy,
  deleteRoutePolicy,
} as const;
