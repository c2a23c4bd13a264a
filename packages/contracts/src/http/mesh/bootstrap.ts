import { Type } from 'typebox';
import { defineRoute } from '../../define-route.ts';
import { operateMesh, readMesh } from './policies.ts';
import { JoinMesh, Mesh, NodeStatus, SeededMesh, SeedMesh } from './schemas.ts';

const tags = ['mesh'];

/** Begins a mesh with this node as its first member. */
export const seed = defineRoute({
  id: 'mesh.seed',
  method: 'POST',
  path: '/api/v1/mesh',
  summary: 'Begin a mesh with this node',
  description:
    'The node becomes the first member and the first voter. Where joining needs a key, the answer holds one; it is shown only once, so the operation takes no Idempotency-Key.',
  tags,
  policy: operateMesh,
  body: SeedMesh,
  idempotency: 'none',
  responses: { 201: SeededMesh },
  errors: ['PM_MESH_ALREADY_MEMBER', 'PM_MESH_STORAGE_FAILED', 'PM_MESH_NO_QUORUM'],
});

/** Joins a mesh. */
export const join = defineRoute({
  id: 'mesh.join',
  method: 'POST',
  path: '/api/v1/mesh/join',
  summary: 'Join a mesh through one of its nodes',
  description: 'Dials the addresses, proves the key of this node, and waits until the control group has decided.',
  tags,
  policy: operateMesh,
  body: JoinMesh,
  idempotency: 'none',
  responses: { 200: Mesh },
  errors: ['PM_MESH_ALREADY_MEMBER', 'PM_MESH_JOIN_REFUSED', 'PM_MESH_JOIN_TIMED_OUT', 'PM_MESH_STORAGE_FAILED'],
});

/** Leaves the mesh for good. */
export const leave = defineRoute({
  id: 'mesh.leave',
  method: 'POST',
  path: '/api/v1/mesh/leave',
  summary: 'Leave the mesh for good',
  description: 'Unlike a shutdown, which keeps the membership: a node that left must be admitted again.',
  tags,
  policy: operateMesh,
  idempotency: 'none',
  responses: { 204: null },
  errors: [
    'PM_MESH_NOT_MEMBER',
    'PM_MESH_NO_QUORUM',
    'PM_MESH_VOTE_NEEDED',
    'PM_MESH_OUTCOME_UNKNOWN',
    'PM_MESH_REFUSED',
  ],
});

/** The mesh as the control group knows it. */
export const getMesh = defineRoute({
  id: 'mesh.get',
  method: 'GET',
  path: '/api/v1/mesh',
  summary: 'Show the mesh that this node belongs to',
  tags,
  policy: readMesh,
  responses: { 200: Mesh },
  errors: ['PM_MESH_NOT_MEMBER'],
});

/** What this node knows of itself. */
export const getStatus = defineRoute({
  id: 'mesh.status',
  method: 'GET',
  path: '/api/v1/mesh/status',
  summary: 'Show the node: links, lanes, counters, stores',
  description: 'Answers also when the node belongs to no mesh.',
  tags,
  policy: readMesh,
  responses: { 200: NodeStatus },
  errors: [],
});

/** Follows what happens in the mesh. */
export const watch = defineRoute({
  id: 'mesh.watch',
  method: 'GET',
  path: '/api/v1/mesh/events',
  summary: 'Follow the mesh as an event stream',
  description:
    'Server-Sent Events: `mesh` with the state once at the beginning, then `node`, `removed`, `link`, `peer`, `health` and `leader` as they change. A reader that falls behind is closed and begins again with the state.',
  tags,
  policy: readMesh,
  responses: { 200: Type.String({ contentMediaType: 'text/event-stream' }) },
  errors: ['PM_MESH_NOT_MEMBER', 'PM_MESH_BUSY'],
});
