import { Type } from 'typebox';
import { defineRoute } from '../../define-route.ts';
import { IdSchema } from '../../ids.ts';
import { Page, PageQuery } from '../../pagination.ts';
import { Session } from './schemas.ts';

const tags = ['sessions'];
const read = { access: 'authenticated', action: 'session.read', minRole: 'user', scopes: ['account:read'] } as const;
const write = {
  access: 'authenticated',
  action: 'session.revoke',
  minRole: 'user',
  scopes: ['account:write'],
} as const;

/** Lists sessions: the caller's own, or those of another user for an administrator. */
export const listSessions = defineRoute({
  id: 'auth.session.list',
  method: 'GET',
  path: '/api/v1/sessions',
  summary: 'List sessions',
  tags,
  policy: read,
  query: Type.Object(
    {
      ...PageQuery.properties,
      userId: Type.Optional(IdSchema('user', 'Another user than the caller; administrators only.')),
      state: Type.Optional(Type.Union([Type.Literal('active'), Type.Literal('ended')])),
    },
    { additionalProperties: false },
  ),
  responses: { 200: Page(Session) },
  errors: ['PM_COMMON_FORBIDDEN'],
});

/** Revokes one session. */
export const revokeSession = defineRoute({
  id: 'auth.session.revoke',
  method: 'DELETE',
  path: '/api/v1/sessions/:sessionId',
  summary: 'Revoke a session',
  description: 'Void everywhere within a second. Administrators may revoke the sessions of others.',
  tags,
  policy: write,
  params: Type.Object({ sessionId: IdSchema('session') }),
  responses: { 204: null },
  errors: ['PM_COMMON_NOT_FOUND'],
});

/** Revokes all sessions of the caller, or of another user for an administrator. */
export const revokeSessions = defineRoute({
  id: 'auth.session.revoke_all',
  method: 'DELETE',
  path: '/api/v1/sessions',
  summary: 'Revoke all sessions',
  tags,
  policy: write,
  query: Type.Object(
    {
      userId: Type.Optional(IdSchema('user', 'Another user than the caller; administrators only.')),
      keepCurrent: Type.Optional(Type.Boolean({ default: false })),
    },
    { additionalProperties: false },
  ),
  responses: { 200: Type.Object({ revoked: Type.Integer({ minimum: 0 }) }) },
  errors: ['PM_COMMON_FORBIDDEN'],
});
