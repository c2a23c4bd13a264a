import { Type } from 'typebox';
import { defineRoute } from '../../define-route.ts';
import { MeshId, ShortId } from '../../events/mesh.ts';
import { Page, PageQuery } from '../../pagination.ts';
import { Timestamp } from '../../timestamps.ts';
import { byNodeProof, readRoutes } from './policies.ts';
import { NodeRoutes, NodeRoutesRequest, PathAnswer, PathRequest, RoutedMesh, RoutedTopology } from './schemas.ts';

const tags = ['routes'];
const params = Type.Object({ meshId: MeshId });

/** Lists the meshes whose links are known. */
export const listRoutedMeshes = defineRoute({
  id: 'router.meshes.list',
  method: 'GET',
  path: '/api/v1/router/meshes',
  summary: 'List the meshes whose links are known',
  tags,
  policy: readRoutes,
  query: PageQuery,
  responses: { 200: Page(RoutedMesh) },
  errors: [],
});

/** Shows the link-state database. */
export const getRoutedTopology = defineRoute({
  id: 'router.topology.get',
  method: 'GET',
  path: '/api/v1/router/meshes/:meshId/topology',
  summary: 'Show the link states of a mesh, now or at a time',
  tags,
  policy: readRoutes,
  params,
  query: Type.Object({ at: Type.Optional(Timestamp) }),
  responses: { 200: RoutedTopology },
  errors: ['PM_COMMON_NOT_FOUND', 'PM_ROUTER_HISTORY_GONE'],
});

/** Computes paths under constraints. */
export const computePaths = defineRoute({
  id: 'router.paths.compute',
  method: 'POST',
  path: '/api/v1/router/meshes/:meshId/paths',
  summary: 'Compute paths between two nodes',
  description:
    'Under the constraints of the request and of the policies that match. `without` answers what would be if nodes or links were gone. Without a path the answer is 200 and says why.',
  tags,
  policy: readRoutes,
  params,
  body: PathRequest,
  responses: { 200: PathAnswer },
  errors: ['PM_COMMON_NOT_FOUND', 'PM_ROUTER_BUSY', 'PM_ROUTER_TIMED_OUT'],
  idempotency: 'none',
});

/** All paths of one node. */
export const getNodeRoutes = defineRoute({
  id: 'router.routes.get',
  method: 'GET',
  path: '/api/v1/router/meshes/:meshId/nodes/:shortId/routes',
  summary: 'Show all paths of one node',
  tags,
  policy: readRoutes,
  params: Type.Object({ meshId: MeshId, shortId: ShortId }),
  responses: { 200: NodeRoutes },
  errors: ['PM_COMMON_NOT_FOUND', 'PM_ROUTER_BUSY', 'PM_ROUTER_TIMED_OUT'],
});

/** The same for the node itself. */
export const fetchNodeRoutes = defineRoute({
  id: 'router.routes.fetch',
  method: 'POST',
  path: '/api/v1/router/meshes/:meshId/nodes/:shortId/routes',
  summary: 'Give a node all its paths, to install',
  description:
    'The node proves its key; nobody else needs to let it in. It takes the paths for `validForMs`; after that, or without an answer, it computes its own. An answer that it has already is confirmed in a few bytes.',
  tags,
  policy: byNodeProof,
  params: Type.Object({ meshId: MeshId, shortId: ShortId }),
  body: NodeRoutesRequest,
  responses: { 200: NodeRoutes },
  errors: ['PM_COMMON_NOT_FOUND', 'PM_ROUTER_PROOF_INVALID', 'PM_ROUTER_BUSY', 'PM_ROUTER_TIMED_OUT'],
  idempotency: 'none',
});
