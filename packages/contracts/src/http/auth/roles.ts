import { Type } from 'typebox';
import { defineRoute } from '../../define-route.ts';
import { RoleDefinition, RoleName } from './schemas.ts';

const tags = ['roles'];
const params = Type.Object({ role: RoleName });
const write = { access: 'authenticated', action: 'role.write', minRole: 'admin', scopes: ['users:write'] } as const;

/** Lists roles from least to most. */
export const listRoles = defineRoute({
  id: 'auth.role.list',
  method: 'GET',
  path: '/api/v1/roles',
  summary: 'List roles',
  tags,
  policy: { access: 'authenticated', action: 'role.read', minRole: 'user', scopes: [] },
  responses: { 200: Type.Object({ items: Type.Array(RoleDefinition) }) },
  errors: [],
});

/** Creates or changes a role of the installation's own. */
export const putRole = defineRoute({
  id: 'auth.role.put',
  method: 'PUT',
  path: '/api/v1/roles/:role',
  summary: 'Create or change a role',
  description:
    'A role inherits everything from another one and can be named in access control lists as `role:<name>`. Users who have it see a change with their next access token.',
  tags,
  policy: write,
  params,
  body: Type.Object(
    { inherits: RoleName, description: Type.Optional(Type.String({ maxLength: 300 })) },
    { additionalProperties: false },
  ),
  responses: { 200: RoleDefinition, 201: RoleDefinition },
  errors: ['PM_AUTH_ROLE_BUILT_IN', 'PM_AUTH_ROLE_UNKNOWN', 'PM_COMMON_UNPROCESSABLE'],
});

/** Deletes a role that nobody has. */
export const deleteRole = defineRoute({
  id: 'auth.role.delete',
  method: 'DELETE',
  path: '/api/v1/roles/:role',
  summary: 'Delete a role',
  tags,
  policy: write,
  params,
  responses: { 204: null },
  errors: ['PM_COMMON_NOT_FOUND', 'PM_AUTH_ROLE_BUILT_IN', 'PM_AUTH_ROLE_IN_USE'],
});
