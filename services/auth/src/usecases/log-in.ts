import { newId } from '@peermesh/contracts';
import type { TokenSet } from '@peermesh/contracts/auth';
import { authErrors } from '@peermesh/errors';
import { appendOwnDecision } from '../adapters/pg/decision-store.ts';
import type { Tx, UserRow } from '../adapters/pg/schema.ts';
import { findUserByEmail, lockUser } from '../adapters/pg/user-store.ts';
import { emailKey } from '../domain/email.ts';
import { hashOf, newRefreshToken } from '../domain/refresh-token.ts';
import type { Origin } from '../ports.ts';
import type { AuthDeps } from './auth-deps.ts';
import { beginPasswordAttempt, failPasswordAttempt, settlePasswordAttempt } from './password-attempt.ts';
import { includedRolesOf, tokenSetFor } from './tokens.ts';

const DAY_MS = 24 * 3600 * 1000;

/** What somebody logs in with. */
export interface Credentials {
  readonly tenantId: string;
  readonly email: string;
  readonly password: string;
  readonly device: string | null;
  readonly origin: Origin;
}

/** Opens a session. Whoever is refused learns nothing about which part was wrong. */
export async function logIn(deps: AuthDeps, credentials: Credentials): Promise<TokenSet> {
  const { tenantId, origin } = credentials;
  const attempt = { tenantId, emailKey: emailKey(credentials.email), action: 'session.open', origin };
  await beginPasswordAttempt(deps, attempt);
  const found = await deps.db.tenant(tenantId, (tx) => findUserByEmail(tx, attempt.emailKey), { readOnly: true });
  const isRight = await deps.hasher.verify(found?.password_hash ?? null, credentials.password);
  const refuse = async (reason: string): Promise<never> => {
    await failPasswordAttempt(deps, attempt, { actor: found?.id ?? null, reason });
    throw authErrors.credentialsInvalid();
  };
  if (found === null) return refuse('user_unknown');
  if (!isRight) return refuse('password_wrong');
  if (found.status !== 'active') return refuse('user_disabled');
  const rehash = deps.hasher.isOutdated(found.password_hash) ? await deps.hasher.hash(credentials.password) : null;
  const opened = await deps.db.tenant(tenantId, async (tx) => {
    const session = await openSession(deps, tx, found, credentials, rehash);
    if (session !== null) await settlePasswordAttempt(tx, attempt);
    return session;
  });
  if (opened === null) return refuse('changed_meanwhile');
  deps.metrics.login('ok');
  return tokenSetFor(deps, opened);
}

async function openSession(deps: AuthDeps, tx: Tx, found: UserRow, credentials: Credentials, rehash: string | null) {
  const { config } = deps;
  const { origin, tenantId } = credentials;
  const user = await lockUser(tx, found.id);
  const now = deps.clock();
  if (user.status !== 'active' || user.password_hash !== found.password_hash) return null;
  const sessionId = newId('session');
  const refreshToken = newRefreshToken();
  const refreshExpiresAt = new Date(now.getTime() + config.SESSION_IDLE_DAYS * DAY_MS);
  await tx.query
    .insertInto('auth_sessions')
    .values({
      id: sessionId,
      tenant_id: tenantId,
      user_id: user.id,
      device: credentials.device,
      ip: origin.ip,
      user_agent: origin.userAgent,
      created_at: now,
      last_seen_at: now,
      idle_expires_at: refreshExpiresAt,
      absolute_expires_at: new Date(now.getTime() + config.SESSION_ABSOLUTE_DAYS * DAY_MS),
      revoked_at: null,
      revoked_reason: null,
    })
    .execute();
  await tx.query
    .insertInto('auth_refresh_tokens')
    .values({
      hash: hashOf(refreshToken),
      tenant_id: tenantId,
      session_id: sessionId,
      generation: 1,
      parent: null,
      issued_at: now,
      expires_at: refreshExpiresAt,
      used_at: null,
      successor_sealed: null,
    })
    .execute();
  await tx.query
    .updateTable('auth_users')
    .set({ last_login_at: now, ...(rehash === null ? {} : { password_hash: rehash }) })
    .where('id', '=', user.id)
    .execute();
  const decision = { tenantId, actor: user.id, action: 'session.open', resource: sessionId, origin, at: now };
  await appendOwnDecision(tx, { ...decision, allowed: true, reason: 'password' });
  return {
    user: { ...user, last_login_at: now },
    sessionId,
    includedRoles: await includedRolesOf(tx, user.role),
    refreshToken,
    refreshExpiresAt,
    issuedAt: now,
  };
}
