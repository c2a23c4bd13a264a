import { Type } from 'typebox';
import { defineRoute } from '../../define-route.ts';
import { SigningKey } from './schemas.ts';

const tags = ['signing-keys'];
const read = {
  access: 'authenticated',
  action: 'signing_key.read',
  minRole: 'admin',
  scopes: ['keys:read'],
  operatorsOnly: true,
} as const;
const write = {
  access: 'authenticated',
  action: 'signing_key.write',
  minRole: 'admin',
  scopes: ['keys:write'],
  operatorsOnly: true,
} as const;

/** Lists signing keys, newest first. */
export const listSigningKeys = defineRoute({
  id: 'auth.signing_key.list',
  method: 'GET',
  path: '/api/v1/auth/signing-keys',
  summary: 'List signing keys',
  tags,
  policy: read,
  responses: { 200: Type.Object({ items: Type.Array(SigningKey) }) },
  errors: [],
});

/** Makes the next key of each algorithm active now. */
export const rotateSigningKeys = defineRoute({
  id: 'auth.signing_key.rotate',
  method: 'POST',
  path: '/api/v1/auth/signing-keys/rotate',
  summary: 'Rotate signing keys now',
  description: 'Tokens of the keys before stay good until they expire.',
  tags,
  policy: write,
  responses: { 200: Type.Object({ items: Type.Array(SigningKey) }) },
  errors: [],
});

/** Revokes a key that may be known to others: every token that it signed is void. */
export const revokeSigningKey = defineRoute({
  id: 'auth.signing_key.revoke',
  method: 'DELETE',
  path: '/api/v1/auth/signing-keys/:kid',
  summary: 'Revoke a signing key (emergency)',
  description:
    'The key leaves the key set and its tokens are void everywhere within a second. Clients refresh or log in again.',
  tags,
  policy: write,
  params: Type.Object({ kid: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }) }),
  responses: { 204: null },
  errors: ['PM_COMMON_NOT_FOUND'],
});
