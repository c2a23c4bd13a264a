import { Type } from 'typebox';
import { defineRoute } from '../../define-route.ts';
import { MeshNodeId } from '../../events/mesh.ts';
import { Page, PageQuery } from '../../pagination.ts';
import {
  CreatedJoinKey,
  CreateJoinKey,
  EvictedNode,
  ExpectedVersion,
  JoinKeyId,
  JoinKeyInfo,
  JoinPolicyState,
  ListedNode,
  Note,
} from './administration-schemas.ts';
import { operateMesh, readMesh } from './policies.ts';
import { JoinPolicy } from './schemas.ts';

const tags = ['mesh administration'];
const strict = { additionalProperties: false } as const;
/** What any change through the control group may end in. */
export const CHANGE_ERRORS = [
  'PM_MESH_NOT_MEMBER',
  'PM_MESH_NO_QUORUM',
  'PM_MESH_OUTCOME_UNKNOWN',
  'PM_MESH_REFUSED',
  'PM_MESH_STORAGE_FAILED',
] as const;

/** Lists the join keys. */
export const listJoinKeys = defineRoute({
  id: 'mesh.join_keys.list',
  method: 'GET',
  path: '/api/v1/mesh/join-keys',
  summary: 'List the join keys',
  description: 'Without their secrets, of which only hashes are kept. A key that was revoked is not there any more.',
  tags,
  policy: readMesh,
  query: PageQuery,
  responses: { 200: Page(JoinKeyInfo) },
  errors: ['PM_MESH_NOT_MEMBER'],
});

/** Makes a join key. */
export const createJoinKey = defineRoute({
  id: 'mesh.join_keys.create',
  method: 'POST',
  path: '/api/v1/mesh/join-keys',
  summary: 'Make a join key',
  description:
    'The secret is shown only in this answer, which is why the operation takes no Idempotency-Key: after a lost answer revoke the key and make another one.',
  tags,
  policy: operateMesh,
  body: CreateJoinKey,
  idempotency: 'none',
  responses: { 201: CreatedJoinKey },
  errors: CHANGE_ERRORS,
});

/** Revokes a join key. */
export const revokeJoinKey = defineRoute({
  id: 'mesh.join_keys.revoke',
  method: 'DELETE',
  path: '/api/v1/mesh/join-keys/:key',
  summary: 'Revoke a join key',
  description: 'It lets nobody in any more. Those that it has let in stay members.',
  tags,
  policy: operateMesh,
  params: Type.Object({ key: JoinKeyId }),
  responses: { 204: null },
  errors: [...CHANGE_ERRORS, 'PM_COMMON_NOT_FOUND'],
});

/** Shows who may join. */
export const getJoinPolicy = defineRoute({
  id: 'mesh.join_policy.get',
  method: 'GET',
  path: '/api/v1/mesh/join-policy',
  summary: 'Show who may join',
  tags,
  policy: readMesh,
  responses: { 200: JoinPolicyState },
  errors: ['PM_MESH_NOT_MEMBER'],
});

/** Changes who may join. */
export const setJoinPolicy = defineRoute({
  id: 'mesh.join_policy.set',
  method: 'PUT',
  path: '/api/v1/mesh/join-policy',
  summary: 'Change who may join',
  description: 'Members stay members.',
  tags,
  policy: operateMesh,
  body: Type.Object({ joinPolicy: JoinPolicy, expectedVersion: ExpectedVersion }, strict),
  responses: { 200: JoinPolicyState },
  errors: [...CHANGE_ERRORS, 'PM_COMMON_VERSION_CONFLICT'],
});

const node = Type.Object({ nodeId: MeshNodeId });

/** Lists who may join a closed mesh. */
export const listAdmissions = defineRoute({
  id: 'mesh.admissions.list',
  method: 'GET',
  path: '/api/v1/mesh/admissions',
  summary: 'List the nodes that may join while the mesh is closed',
  tags,
  policy: readMesh,
  query: PageQuery,
  responses: { 200: Page(ListedNode) },
  errors: ['PM_MESH_NOT_MEMBER'],
});

/** Lets a node join a closed mesh. */
export const admitNode = defineRoute({
  id: 'mesh.admissions.add',
  method: 'PUT',
  path: '/api/v1/mesh/admissions/:nodeId',
  summary: 'Let a node join while the mesh is closed',
  tags,
  policy: operateMesh,
  params: node,
  body: Type.Object({ note: Type.Optional(Note) }, strict),
  responses: { 204: null },
  errors: CHANGE_ERRORS,
});

/** Takes a node off the list. */
export const unlistNode = defineRoute({
  id: 'mesh.admissions.remove',
  method: 'DELETE',
  path: '/api/v1/mesh/admissions/:nodeId',
  summary: 'Take a node off the list of those that may join',
  description: 'A member stays a member.',
  tags,
  policy: operateMesh,
  params: node,
  responses: { 204: null },
  errors: [...CHANGE_ERRORS, 'PM_COMMON_NOT_FOUND'],
});

/** Lists the evicted nodes. */
export const listEvictions = defineRoute({
  id: 'mesh.evictions.list',
  method: 'GET',
  path: '/api/v1/mesh/evictions',
  summary: 'List the nodes that were evicted',
  tags,
  policy: readMesh,
  query: PageQuery,
  responses: { 200: Page(EvictedNode) },
  errors: ['PM_MESH_NOT_MEMBER'],
});

/** Lifts an eviction. */
export const readmitNode = defineRoute({
  id: 'mesh.evictions.lift',
  method: 'DELETE',
  path: '/api/v1/mesh/evictions/:nodeId',
  summary: 'Let an evicted node join again',
  description: 'It joins like any newcomer and gets another number. A revoked node does not come back.',
  tags,
  policy: operateMesh,
  params: node,
  responses: { 204: null },
  errors: [...CHANGE_ERRORS, 'PM_COMMON_NOT_FOUND'],
});
