import { Type } from 'typebox';
import { defineRoute } from '../../define-route.ts';
import { IdSchema } from '../../ids.ts';
import { Page, PageQuery } from '../../pagination.ts';
import { StatedTimestamp } from '../../timestamps.ts';
import { ApiKey, Label, Scope } from './schemas.ts';

const tags = ['api-keys'];
const params = Type.Object({ keyId: IdSchema('apiKey') });
const read = { access: 'authenticated', action: 'api_key.read', minRole: 'user', scopes: ['account:read'] } as const;
const write = { access: 'authenticated', action: 'api_key.write', minRole: 'user', scopes: ['account:write'] } as const;

/** Creates an API key. */
export const createApiKey = defineRoute({
  id: 'auth.api_key.create',
  method: 'POST',
  path: '/api/v1/api-keys',
  summary: 'Create an API key',
  description:
    'The key acts for its user, within the user’s role and these scopes. It is shown only in this answer, which is why the operation takes no Idempotency-Key: after a lost answer, revoke the key by its name and create another.',
  tags,
  policy: write,
  body: Type.Object(
    {
      name: Label,
      scopes: Type.Array(Scope, { minItems: 1, maxItems: 50, uniqueItems: true }),
      expiresAt: Type.Optional(Type.Union([StatedTimestamp, Type.Null()])),
    },
    { additionalProperties: false },
  ),
  responses: {
    201: Type.Object({ ...ApiKey.properties, key: Type.String({ examples: ['pm_live_3kTMd9...'] }) }),
  },
  errors: ['PM_AUTH_SCOPE_EXCEEDED', 'PM_AUTH_API_KEY_LIMIT', 'PM_COMMON_UNPROCESSABLE'],
  idempotency: 'none',
});

/** Lists API keys: the caller's own, or those of another user for an administrator. */
export const listApiKeys = defineRoute({
  id: 'auth.api_key.list',
  method: 'GET',
  path: '/api/v1/api-keys',
  summary: 'List API keys',
  tags,
  policy: read,
  query: Type.Object(
    {
      ...PageQuery.properties,
      userId: Type.Optional(IdSchema('user', 'Another user than the caller; administrators only.')),
    },
    { additionalProperties: false },
  ),
  responses: { 200: Page(ApiKey) },
  errors: ['PM_COMMON_FORBIDDEN'],
});

/** Shows an API key. */
export const getApiKey = defineRoute({
  id: 'auth.api_key.get',
  method: 'GET',
  path: '/api/v1/api-keys/:keyId',
  summary: 'Show an API key',
  tags,
  policy: read,
  params,
  responses: { 200: ApiKey },
  errors: ['PM_COMMON_NOT_FOUND'],
});

/** Revokes an API key. */
export const revokeApiKey = defineRoute({
  id: 'auth.api_key.revoke',
  method: 'DELETE',
  path: '/api/v1/api-keys/:keyId',
  summary: 'Revoke an API key',
  description: 'Void everywhere within a second. Administrators may revoke the keys of others.',
  tags,
  policy: write,
  params,
  responses: { 204: null },
  errors: ['PM_COMMON_NOT_FOUND'],
});
