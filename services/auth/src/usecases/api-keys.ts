import type { Principal } from '@peermesh/authz';
import { newId } from '@peermesh/contracts';
import type { ApiKey } from '@peermesh/contracts/auth';
import { authErrors, commonErrors } from '@peermesh/errors';
import { appendOwnDecision } from '../adapters/pg/decision-store.ts';
import type { ApiKeyRow, Tx, UserRow } from '../adapters/pg/schema.ts';
import { apiKeyHash, isApiKey, newApiKey, shownPrefix } from '../domain/api-key.ts';
import type { Origin } from '../ports.ts';
import type { AuthDeps } from './auth-deps.ts';
import { announceRevocation } from './revocation.ts';
import { includedRolesOf, signAccessToken } from './tokens.ts';

export function apiKeyOf(row: ApiKeyRow): ApiKey {
  return {
    id: row.id,
    userId: row.user_id,
    name: row.name,
    prefix: row.prefix,
    scopes: row.scopes,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at?.toISOString() ?? null,
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
    revokedAt: row.revoked_at?.toISOString() ?? null,
  };
}

/** Makes a key for the caller. The key itself is in the answer only. */
export async function createApiKey(
  deps: AuthDeps,
  principal: Principal,
  wish: { readonly name: string; readonly scopes: readonly string[]; readonly expiresAt: Date | null },
): Promise<{ key: string; apiKey: ApiKey }> {
  const now = deps.clock();
  const held = principal.scopes;
  if (held !== null && !wish.scopes.every((scope) => held.includes(scope))) throw authErrors.scopeExceeded();
  if (wish.expiresAt !== null && wish.expiresAt <= now) {
    throw commonErrors.unprocessable({ detail: '`expiresAt` lies in the past.' });
  }
  const key = newApiKey();
  const row: ApiKeyRow = {
    id: newId('apiKey'),
    tenant_id: principal.tenantId,
    user_id: principal.subject,
    name: wish.name,
    prefix: shownPrefix(key),
    hash: apiKeyHash(key),
    scopes: [...wish.scopes],
    created_at: now,
    expires_at: wish.expiresAt,
    last_used_at: null,
    revoked_at: null,
  };
  await deps.db.tenant(principal.tenantId, async (tx) => {
    await tx.client.query('SELECT 1 FROM auth_users WHERE id = $1 FOR UPDATE', [principal.subject]);
    if ((await countUsable(tx, principal.subject, now)) >= deps.config.API_KEYS_PER_USER_MAX)
      throw authErrors.apiKeyLimit();
    await tx.query.insertInto('auth_api_keys').values(row).execute();
  });
  return { key, apiKey: apiKeyOf(row) };
}

/** Revokes a key that the caller may revoke; what it was exchanged for is void everywhere within a second. */
export async function revokeApiKey(deps: AuthDeps, tx: Tx, id: string, ownerId: string | null): Promise<void> {
  let query = tx.query.updateTable('auth_api_keys').set({ revoked_at: deps.clock() }).where('id', '=', id);
  if (ownerId !== null) query = query.where('user_id', '=', ownerId);
  const row = await query.where('revoked_at', 'is', null).returningAll().executeTakeFirst();
  if (row === undefined) throw commonErrors.notFound();
  const notice = { id: row.id, tenantId: row.tenant_id, userId: row.user_id, reason: 'revoked' };
  await announceRevocation(deps, tx, { ...notice, kind: 'api_key' });
}

/** Turns a key into a short-lived token with its scopes. */
export async function exchangeApiKey(
  deps: AuthDeps,
  key: string,
  origin: Origin,
): Promise<{ accessToken: string; expiresIn: number; expiresAt: Date; apiKeyId: string }> {
  if (!isApiKey(key)) throw authErrors.apiKeyInvalid();
  const found = await deps.db.system(async (tx) => {
    const now = deps.clock();
    const row = await tx.query
      .selectFrom('auth_api_keys')
      .selectAll()
      .where('hash', '=', apiKeyHash(key))
      .executeTakeFirst();
    if (row === undefined) return null;
    const users = tx.query.selectFrom('auth_users').selectAll().where('id', '=', row.user_id);
    const user = await users.forShare().executeTakeFirst();
    const reason = refusalOf(row, user, now);
    await appendOwnDecision(tx, {
      tenantId: row.tenant_id,
      actor: row.user_id,
      action: 'api_key.exchange',
      resource: row.id,
      allowed: reason === null,
      reason: reason ?? 'api_key',
      origin,
      at: now,
    });
    if (reason !== null || user === undefined) return null;
    return { row, user, issuedAt: now, includedRoles: await includedRolesOf(tx, user.role) };
  });
  if (found === null) throw authErrors.apiKeyInvalid();
  const { row, user, issuedAt, includedRoles } = found;
  const ttlSeconds = deps.config.API_KEY_TOKEN_TTL_SECONDS;
  const accessToken = await signAccessToken(deps, { user, issuedAt, includedRoles, ttlSeconds, apiKey: row });
  const expiresAt = new Date((Math.floor(issuedAt.getTime() / 1000) + ttlSeconds) * 1000);
  return { accessToken, expiresIn: ttlSeconds, expiresAt, apiKeyId: row.id };
}

function refusalOf(row: ApiKeyRow, user: UserRow | undefined, now: Date): string | null {
  if (row.revoked_at !== null) return 'api_key_revoked';
  if (row.expires_at !== null && row.expires_at <= now) return 'api_key_expired';
  return user?.status === 'active' ? null : 'user_disabled';
}

async function countUsable(tx: Tx, userId: string, now: Date): Promise<number> {
  const { count } = await tx.query
    .selectFrom('auth_api_keys')
    .select((eb) => eb.fn.countAll<string>().as('count'))
    .where('user_id', '=', userId)
    .where('revoked_at', 'is', null)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))
    .executeTakeFirstOrThrow();
  return Number(count);
}
