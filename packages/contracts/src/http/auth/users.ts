import { Type } from 'typebox';
import { defineRoute } from '../../define-route.ts';
import { IdSchema } from '../../ids.ts';
import { Page, PageQuery } from '../../pagination.ts';
import { Email, Label, Password, RoleName, User } from './schemas.ts';

const tags = ['users'];
const params = Type.Object({ userId: IdSchema('user') });
const strict = { additionalProperties: false } as const;
const read = { access: 'authenticated', action: 'user.read', minRole: 'admin', scopes: ['users:read'] } as const;
const write = { access: 'authenticated', action: 'user.write', minRole: 'admin', scopes: ['users:write'] } as const;
const Status = Type.Union([Type.Literal('active'), Type.Literal('disabled')]);

/** Shows the caller's own profile. */
export const getMe = defineRoute({
  id: 'auth.me.get',
  method: 'GET',
  path: '/api/v1/users/me',
  summary: 'Show the own profile',
  tags,
  policy: { access: 'authenticated', action: 'me.read', minRole: 'user', scopes: [] },
  responses: { 200: User },
  errors: [],
});

/** Changes the caller's own profile. */
export const updateMe = defineRoute({
  id: 'auth.me.update',
  method: 'PATCH',
  path: '/api/v1/users/me',
  summary: 'Change the own profile',
  tags,
  policy: { access: 'authenticated', action: 'me.write', minRole: 'user', scopes: ['account:write'] },
  body: Type.Object(
    {
      displayName: Type.Optional(Type.Union([Label, Type.Null()])),
      version: Type.Optional(Type.Integer({ minimum: 1 })),
    },
    strict,
  ),
  responses: { 200: User },
  errors: ['PM_COMMON_VERSION_CONFLICT'],
});

/** Creates a user. */
export const createUser = defineRoute({
  id: 'auth.user.create',
  method: 'POST',
  path: '/api/v1/users',
  summary: 'Create a user',
  tags,
  policy: write,
  body: Type.Object(
    { email: Email, password: Password, displayName: Type.Optional(Label), role: Type.Optional(RoleName) },
    strict,
  ),
  responses: { 201: User },
  errors: ['PM_AUTH_EMAIL_TAKEN', 'PM_AUTH_PASSWORD_WEAK', 'PM_AUTH_ROLE_UNKNOWN', 'PM_AUTH_BUSY'],
});

/** Lists users. */
export const listUsers = defineRoute({
  id: 'auth.user.list',
  method: 'GET',
  path: '/api/v1/users',
  summary: 'List users',
  tags,
  policy: read,
  query: Type.Object(
    {
      ...PageQuery.properties,
      role: Type.Optional(RoleName),
      status: Type.Optional(Status),
      search: Type.Optional(
        Type.String({ minLength: 1, maxLength: 100, description: 'Part of the email address or the name.' }),
      ),
      sort: Type.Optional(
        Type.Union([Type.Literal('created'), Type.Literal('-created'), Type.Literal('email'), Type.Literal('-email')]),
      ),
    },
    strict,
  ),
  responses: { 200: Page(User) },
  errors: [],
});

/** Shows a user. */
export const getUser = defineRoute({
  id: 'auth.user.get',
  method: 'GET',
  path: '/api/v1/users/:userId',
  summary: 'Show a user',
  tags,
  policy: read,
  params,
  responses: { 200: User },
  errors: ['PM_COMMON_NOT_FOUND'],
});

/** Changes a user. */
export const updateUser = defineRoute({
  id: 'auth.user.update',
  method: 'PATCH',
  path: '/api/v1/users/:userId',
  summary: 'Change a user',
  description:
    'A new role or email address takes effect with the next access token; the present ones become void at once and clients refresh. Disabling ends all sessions and makes API keys unusable. A new password ends all sessions.',
  tags,
  policy: write,
  params,
  body: Type.Object(
    {
      email: Type.Optional(Email),
      displayName: Type.Optional(Type.Union([Label, Type.Null()])),
      role: Type.Optional(RoleName),
      status: Type.Optional(Status),
      password: Type.Optional(Password),
      version: Type.Optional(Type.Integer({ minimum: 1 })),
    },
    { ...strict, minProperties: 1 },
  ),
  responses: { 200: User },
  errors: [
    'PM_COMMON_NOT_FOUND',
    'PM_COMMON_VERSION_CONFLICT',
    'PM_AUTH_EMAIL_TAKEN',
    'PM_AUTH_ROLE_UNKNOWN',
    'PM_AUTH_LAST_ADMIN',
    'PM_AUTH_PASSWORD_WEAK',
  ],
});

/** Deletes a user with sessions and API keys; the decision log stays. */
export const deleteUser = defineRoute({
  id: 'auth.user.delete',
  method: 'DELETE',
  path: '/api/v1/users/:userId',
  summary: 'Delete a user',
  tags,
  policy: write,
  params,
  responses: { 204: null },
  errors: ['PM_COMMON_NOT_FOUND', 'PM_AUTH_LAST_ADMIN'],
});
