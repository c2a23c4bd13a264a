import { createAuthenticator, type Principal } from '@peermesh/authz';
import { isPeerMeshError } from '@peermesh/errors';
import type { Tx } from '../adapters/pg/schema.ts';
import type { AuthDeps } from './auth-deps.ts';

/** Whether a token is good by what the database says now, whatever the feed of revocations knows. */
export async function isTokenActive(deps: AuthDeps, token: string): Promise<boolean> {
  const { revocations } = deps;
  const authenticator = createAuthenticator({
    issuer: deps.config.TOKEN_ISSUER,
    audience: deps.config.TOKEN_AUDIENCE,
    jwks: deps.keyring.find,
    revocations: { isRevoked: (principal) => revocations.isRevoked(principal), stalenessMs: () => 0 },
    cacheMax: 1,
    now: () => deps.clock().getTime(),
  });
  try {
    const principal = await authenticator.authenticate(`Bearer ${token}`);
    return await deps.db.tenant(principal.tenantId, (tx) => isBackedBy(tx, principal), { readOnly: true });
  } catch (error) {
    if (isPeerMeshError(error) && error.status === 401) return false;
    throw error;
  }
}

async function isBackedBy(tx: Tx, principal: Principal): Promise<boolean> {
  const users = tx.query.selectFrom('auth_users').select(['status', 'role']).where('id', '=', principal.subject);
  const user = await users.executeTakeFirst();
  if (user?.status !== 'active' || user.role !== principal.role) return false;
  if (principal.sessionId !== undefined) {
    const sessions = tx.query.selectFrom('auth_sessions').select('revoked_at').where('id', '=', principal.sessionId);
    if ((await sessions.executeTakeFirst())?.revoked_at !== null) return false;
  }
  if (principal.keyId !== undefined) {
    const keys = tx.query.selectFrom('auth_api_keys').select('revoked_at').where('id', '=', principal.keyId);
    if ((await keys.executeTakeFirst())?.revoked_at !== null) return false;
  }
  return true;
}
