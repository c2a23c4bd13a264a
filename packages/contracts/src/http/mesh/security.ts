import { Type } from 'typebox';
import { defineRoute } from '../../define-route.ts';
import { Page, PageQuery } from '../../pagination.ts';
import { CHANGE_ERRORS } from './administration.ts';
import {
  ExpectedVersion,
  KeyEpoch,
  MeshSetting,
  Revocation,
  Revoke,
  SettingKey,
  SettingSpace,
} from './administration-schemas.ts';
import { operateMesh, readMesh } from './policies.ts';

const tags = ['mesh administration'];
const strict = { additionalProperties: false } as const;
const setting = Type.Object({ space: SettingSpace, key: SettingKey });

/** Lists the settings. */
export const listSettings = defineRoute({
  id: 'mesh.settings.list',
  method: 'GET',
  path: '/api/v1/mesh/settings',
  summary: 'List the settings of the mesh',
  tags,
  policy: readMesh,
  query: Type.Object({ ...PageQuery.properties, space: Type.Optional(SettingSpace) }, strict),
  responses: { 200: Page(MeshSetting) },
  errors: ['PM_MESH_NOT_MEMBER'],
});

/** Shows one setting. */
export const getSetting = defineRoute({
  id: 'mesh.settings.get',
  method: 'GET',
  path: '/api/v1/mesh/settings/:space/:key',
  summary: 'Show a setting of the mesh',
  tags,
  policy: readMesh,
  params: setting,
  responses: { 200: MeshSetting },
  errors: ['PM_MESH_NOT_MEMBER', 'PM_COMMON_NOT_FOUND'],
});

/** Changes a setting. */
export const putSetting = defineRoute({
  id: 'mesh.settings.put',
  method: 'PUT',
  path: '/api/v1/mesh/settings/:space/:key',
  summary: 'Change a setting of the mesh',
  description: 'Takes effect if nobody else changed it since it was read.',
  tags,
  policy: operateMesh,
  params: setting,
  body: Type.Object({ value: Type.String({ maxLength: 4096 }), expectedVersion: ExpectedVersion }, strict),
  responses: { 200: MeshSetting },
  errors: [...CHANGE_ERRORS, 'PM_COMMON_VERSION_CONFLICT'],
});

/** Removes a setting. */
export const removeSetting = defineRoute({
  id: 'mesh.settings.remove',
  method: 'DELETE',
  path: '/api/v1/mesh/settings/:space/:key',
  summary: 'Remove a setting of the mesh',
  tags,
  policy: operateMesh,
  params: setting,
  query: Type.Object({ expectedVersion: ExpectedVersion }, strict),
  responses: { 204: null },
  errors: [...CHANGE_ERRORS, 'PM_COMMON_NOT_FOUND', 'PM_COMMON_VERSION_CONFLICT'],
});

/** Shows the key epoch. */
export const getKeyEpoch = defineRoute({
  id: 'mesh.key_epoch.get',
  method: 'GET',
  path: '/api/v1/mesh/key-epoch',
  summary: 'Show the key epoch of the mesh and who holds its key',
  tags,
  policy: readMesh,
  responses: { 200: KeyEpoch },
  errors: ['PM_MESH_NOT_MEMBER'],
});

/** Begins another key epoch. */
export const rotateKeyEpoch = defineRoute({
  id: 'mesh.key_epoch.rotate',
  method: 'POST',
  path: '/api/v1/mesh/key-epoch',
  summary: 'Begin another key epoch',
  description: 'A new root key, sealed for each member. It happens by itself when a member goes and once a day.',
  tags,
  policy: operateMesh,
  responses: { 201: KeyEpoch },
  errors: [...CHANGE_ERRORS, 'PM_COMMON_VERSION_CONFLICT'],
});

/** Lists what is revoked. */
export const listRevocations = defineRoute({
  id: 'mesh.revocations.list',
  method: 'GET',
  path: '/api/v1/mesh/revocations',
  summary: 'List the nodes and certificates that are refused for good',
  tags,
  policy: readMesh,
  query: PageQuery,
  responses: { 200: Page(Revocation) },
  errors: ['PM_MESH_NOT_MEMBER'],
});

/** Revokes a node or a certificate. */
export const revoke = defineRoute({
  id: 'mesh.revocations.add',
  method: 'POST',
  path: '/api/v1/mesh/revocations',
  summary: 'Refuse a node or a certificate for good',
  description:
    'Every member refuses it at the handshake and closes its connections as soon as it knows, also after a restart. A revoked node that is a member is removed; a node whose certificate was revoked stays, and needs another one to connect. It is never taken back: the node comes back with another key.',
  tags,
  policy: operateMesh,
  body: Revoke,
  responses: { 201: Revocation },
  errors: [...CHANGE_ERRORS, 'PM_MESH_NODE_UNKNOWN', 'PM_MESH_VOTE_NEEDED'],
});
