import type { TokenSet } from '@peermesh/contracts/auth';
import { authErrors } from '@peermesh/errors';
import { appendOwnDecision } from '../adapters/pg/decision-store.ts';
import type { RefreshTokenRow, SessionRow, Tx, UserRow } from '../adapters/pg/schema.ts';
import { hashOf, isRefreshToken, newRefreshToken, openSuccessor, sealSuccessor } from '../domain/refresh-token.ts';
import type { Origin } from '../ports.ts';
import type { AuthDeps } from './auth-deps.ts';
import { revokeSessions } from './revocation.ts';
import { includedRolesOf, tokenSetFor } from './tokens.ts';

const DAY_MS = 24 * 3600 * 1000;

interface Renewed {
  readonly outcome: 'ok' | 'repeated';
  readonly user: UserRow;
  readonly sessionId: string;
  readonly includedRoles: readonly string[] | null;
  readonly refreshToken: string;
  readonly refreshExpiresAt: Date;
  readonly issuedAt: Date;
}
type Refused = { readonly outcome: 'refused' | 'reused' };

/**
 * Exchanges a refresh token for its successor. One UPDATE decides who is first; whoever sends the same token again within
 * the grace time, while the successor is unused, gets the same successor. Any other reuse ends the session.
 */
export async function refreshSession(deps: AuthDeps, token: string, origin: Origin): Promise<TokenSet> {
  if (!isRefreshToken(token)) throw authErrors.refreshTokenInvalid();
  const result = await deps.db.system((tx) => renew(deps, tx, token, origin));
  deps.metrics.refresh(result.outcome);
  if (result.outcome === 'refused' || result.outcome === 'reused') throw authErrors.refreshTokenInvalid();
  return tokenSetFor(deps, result as Renewed);
}

async function renew(deps: AuthDeps, tx: Tx, token: string, origin: Origin): Promise<Renewed | Refused> {
  const user = await lockOwner(tx, token);
  if (user === null) return { outcome: 'refused' };
  const now = deps.clock();
  const successor = newRefreshToken();
  const { rows } = await tx.client.query<RefreshTokenRow>(
    `UPDATE auth_refresh_tokens SET used_at = $2, successor_sealed = $3
      WHERE hash = $1 AND used_at IS NULL AND expires_at > $2 RETURNING *`,
    [hashOf(token), now, sealSuccessor(token, successor)],
  );
  const parent = rows[0];
  if (parent === undefined) return repeat(deps, tx, { token, user, origin, now });
  const session = await lockAlive(tx, parent.session_id, now);
  if (session === null) return { outcome: 'refused' };
  const idleExpiresAt = new Date(now.getTime() + deps.config.SESSION_IDLE_DAYS * DAY_MS);
  const refreshExpiresAt = idleExpiresAt < session.absolute_expires_at ? idleExpiresAt : session.absolute_expires_at;
  await tx.query
    .insertInto('auth_refresh_tokens')
    .values({
      hash: hashOf(successor),
      tenant_id: parent.tenant_id,
      session_id: parent.session_id,
      generation: parent.generation + 1,
      parent: parent.hash,
      issued_at: now,
      expires_at: refreshExpiresAt,
      used_at: null,
      successor_sealed: null,
    })
    .execute();
  await tx.query
    .updateTable('auth_sessions')
    .set({ last_seen_at: now, idle_expires_at: refreshExpiresAt, ip: origin.ip, user_agent: origin.userAgent })
    .where('id', '=', session.id)
    .execute();
  const includedRoles = await includedRolesOf(tx, user.role);
  const sessionId = session.id;
  return { outcome: 'ok', user, sessionId, includedRoles, refreshToken: successor, refreshExpiresAt, issuedAt: now };
}

/** The token was used before, or has expired. */
async function repeat(
  deps: AuthDeps,
  tx: Tx,
  request: { readonly token: string; readonly user: UserRow; readonly origin: Origin; readonly now: Date },
): Promise<Renewed | Refused> {
  const { token, user, origin, now } = request;
  const parent = await findToken(tx, hashOf(token));
  if (parent === null || parent.used_at === null || parent.expires_at <= now) return { outcome: 'refused' };
  const session = await lockAlive(tx, parent.session_id, now);
  if (session === null) return { outcome: 'refused' };
  const successor = parent.successor_sealed === null ? null : openSuccessor(token, parent.successor_sealed);
  const child = successor === null ? null : await findToken(tx, hashOf(successor));
  const isInTime = now.getTime() - parent.used_at.getTime() <= deps.config.REFRESH_GRACE_MS;
  if (successor !== null && child !== null && child.used_at === null && isInTime) {
    const includedRoles = await includedRolesOf(tx, user.role);
    const refreshExpiresAt = child.expires_at;
    const sessionId = session.id;
    return {
      outcome: 'repeated',
      user,
      sessionId,
      includedRoles,
      refreshToken: successor,
      refreshExpiresAt,
      issuedAt: now,
    };
  }
  await revokeSessions(deps, tx, { id: session.id }, session.tenant_id, 'refresh_token_reused');
  await appendOwnDecision(tx, {
    tenantId: session.tenant_id,
    actor: user.id,
    action: 'session.refresh',
    resource: session.id,
    allowed: false,
    reason: 'refresh_token_reused',
    origin,
    at: now,
  });
  deps.logger.warn({ sessionId: session.id }, 'a refresh token was used twice; its session has ended');
  return { outcome: 'reused' };
}

async function findToken(tx: Tx, hash: Buffer): Promise<RefreshTokenRow | null> {
  const query = tx.query.selectFrom('auth_refresh_tokens').selectAll().where('hash', '=', hash);
  return (await query.executeTakeFirst()) ?? null;
}

/**
 * The user of a token, locked against changes when still active. Users are locked before sessions and tokens everywhere:
 * changing a role therefore either shows in the new access token or revokes it.
 */
async function lockOwner(tx: Tx, token: string): Promise<UserRow | null> {
  const owner = await tx.query
    .selectFrom('auth_refresh_tokens as token')
    .innerJoin('auth_sessions as session', 'session.id', 'token.session_id')
    .select('session.user_id')
    .where('token.hash', '=', hashOf(token))
    .executeTakeFirst();
  if (owner === undefined) return null;
  const users = tx.query.selectFrom('auth_users').selectAll().where('id', '=', owner.user_id);
  const user = await users.forShare().executeTakeFirst();
  return user === undefined || user.status !== 'active' ? null : user;
}

/** The session, locked, when it has not ended. */
async function lockAlive(tx: Tx, sessionId: string, now: Date): Promise<SessionRow | null> {
  const sessions = tx.query.selectFrom('auth_sessions').selectAll().where('id', '=', sessionId);
  const session = await sessions.forUpdate().executeTakeFirst();
  if (session === undefined || session.revoked_at !== null) return null;
  return session.absolute_expires_at <= now || session.idle_expires_at <= now ? null : session;
}
