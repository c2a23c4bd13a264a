import { Type } from 'typebox';
import { defineRoute } from '../../define-route.ts';
import { Page, PageQuery } from '../../pagination.ts';
import { operateMesh, readMesh } from './policies.ts';
import { MeshNode, MeshPath, NodeReference, RouteBy, Topology, TraceHop } from './schemas.ts';

const tags = ['mesh'];
const params = Type.Object({ node: NodeReference });

/** Lists the members. */
export const listNodes = defineRoute({
  id: 'mesh.nodes.list',
  method: 'GET',
  path: '/api/v1/mesh/nodes',
  summary: 'List the members of the mesh',
  tags,
  policy: readMesh,
  query: PageQuery,
  responses: { 200: Page(MeshNode) },
  errors: ['PM_MESH_NOT_MEMBER'],
});

/** Shows one member. */
export const getNode = defineRoute({
  id: 'mesh.nodes.get',
  method: 'GET',
  path: '/api/v1/mesh/nodes/:node',
  summary: 'Show one member',
  tags,
  policy: readMesh,
  params,
  responses: { 200: MeshNode },
  errors: ['PM_MESH_NOT_MEMBER', 'PM_MESH_NODE_UNKNOWN'],
});

/** Removes a member. */
export const evictNode = defineRoute({
  id: 'mesh.nodes.evict',
  method: 'DELETE',
  path: '/api/v1/mesh/nodes/:node',
  summary: 'Remove a member for good',
  description:
    'Its key is refused from then on. While half of the members or more are away this is the only possible change, and only with `override`; it is logged with the name of the operator.',
  tags,
  policy: operateMesh,
  params,
  query: Type.Object({ override: Type.Optional(Type.Boolean({ default: false })) }),
  idempotency: 'none',
  responses: { 204: null },
  errors: [
    'PM_MESH_NOT_MEMBER',
    'PM_MESH_NODE_UNKNOWN',
    'PM_MESH_NO_QUORUM',
    'PM_MESH_VOTE_NEEDED',
    'PM_MESH_OUTCOME_UNKNOWN',
    'PM_MESH_REFUSED',
  ],
});

/** Takes a member out of the way of traffic, or back in. */
export const drainNode = defineRoute({
  id: 'mesh.nodes.drain',
  method: 'POST',
  path: '/api/v1/mesh/nodes/:node/drain',
  summary: 'Take a member out of the traffic of others, or back in',
  tags,
  policy: operateMesh,
  params,
  body: Type.Object({ isDraining: Type.Boolean() }, { additionalProperties: false }),
  idempotency: 'none',
  responses: { 204: null },
  errors: [
    'PM_MESH_NOT_MEMBER',
    'PM_MESH_NODE_UNKNOWN',
    'PM_MESH_NO_QUORUM',
    'PM_MESH_OUTCOME_UNKNOWN',
    'PM_MESH_REFUSED',
  ],
});

/** The links by which this node routes. */
export const getTopology = defineRoute({
  id: 'mesh.topology',
  method: 'GET',
  path: '/api/v1/mesh/topology',
  summary: 'Show the links by which this node routes',
  tags,
  policy: readMesh,
  responses: { 200: Topology },
  errors: ['PM_MESH_NOT_MEMBER'],
});

/** The ways from one node to another. */
export const getPaths = defineRoute({
  id: 'mesh.paths',
  method: 'GET',
  path: '/api/v1/mesh/paths',
  summary: 'Show the paths between two nodes',
  description: 'Computed from the topology of the asked node; without `from` they are its own, as installed.',
  tags,
  policy: readMesh,
  query: Type.Object({ from: Type.Optional(NodeReference), to: NodeReference }),
  responses: { 200: Type.Object({ from: Type.Integer(), to: Type.Integer(), paths: Type.Array(MeshPath) }) },
  errors: ['PM_MESH_NOT_MEMBER', 'PM_MESH_NODE_UNKNOWN', 'PM_MESH_UNREACHABLE'],
});

/** Asks every hop of the path to a node. */
export const trace = defineRoute({
  id: 'mesh.trace',
  method: 'GET',
  path: '/api/v1/mesh/trace',
  summary: 'Probe every hop of the path to a node',
  tags,
  policy: readMesh,
  query: Type.Object({
    to: NodeReference,
    timeoutMs: Type.Optional(Type.Integer({ minimum: 50, maximum: 10_000, default: 2_000 })),
  }),
  responses: {
    200: Type.Object({
      to: Type.Integer(),
      computedBy: Type.Union([RouteBy, Type.Null()]),
      hops: Type.Array(TraceHop),
    }),
  },
  errors: ['PM_MESH_NOT_MEMBER', 'PM_MESH_NODE_UNKNOWN', 'PM_MESH_UNREACHABLE'],
});
