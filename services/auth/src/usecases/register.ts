import { newId } from '@peermesh/contracts';
import { authErrors } from '@peermesh/errors';
import { appendOwnDecision } from '../adapters/pg/decision-store.ts';
import type { Tx, UserRow } from '../adapters/pg/schema.ts';
import { beginAttempts, failAttempts } from '../adapters/pg/throttle-store.ts';
import { tryInsertUser } from '../adapters/pg/user-store.ts';
import { emailKey } from '../domain/email.ts';
import { REGISTRATION_POLICY } from '../domain/login-throttle.ts';
import { isGuessable } from '../domain/password-policy.ts';
import type { Origin } from '../ports.ts';
import type { AuthDeps } from './auth-deps.ts';
import { announceUser } from './revocation.ts';

/** Who registers. */
export interface Registration {
  readonly tenantId: string;
  readonly email: string;
  readonly password: string;
  readonly displayName: string | null;
  readonly origin: Origin;
}

/** Adds a user, or does nothing when the address is taken or the tenant unknown: the caller cannot tell. */
export async function registerUser(deps: AuthDeps, registration: Registration): Promise<void> {
  const { tenantId, email, password, origin } = registration;
  if (deps.config.REGISTRATION === 'closed') throw authErrors.registrationClosed();
  assertPasswordGood(password, email);
  const attempt = { scope: 'registration', name: origin.ip, policy: REGISTRATION_POLICY } as const;
  await beginAttempts(deps.db, [attempt], deps.clock());
  const passwordHash = await deps.hasher.hash(password);
  await deps.db.tenant(tenantId, async (tx) => {
    const at = deps.clock();
    await failAttempts(tx, [attempt], at);
    const user = newUser({ ...registration, passwordHash, role: 'user', at });
    const isKnownTenant = await tenantExists(tx, tenantId);
    if (!isKnownTenant) return;
    const isNew = await tryInsertUser(tx, user);
    if (isNew) await announceUser(deps, tx, user, 'created');
    await appendOwnDecision(tx, {
      tenantId,
      actor: isNew ? user.id : null,
      action: 'user.register',
      allowed: isNew,
      reason: isNew ? 'registered' : 'email_taken',
      origin,
      at,
    });
  });
}

export function assertPasswordGood(password: string, email: string): void {
  if (isGuessable(password, email)) throw authErrors.passwordWeak();
}

/** The row of a new user. */
export function newUser(user: {
  readonly tenantId: string;
  readonly email: string;
  readonly passwordHash: string;
  readonly displayName: string | null;
  readonly role: string;
  readonly at: Date;
}): UserRow {
  return {
    id: newId('user'),
    tenant_id: user.tenantId,
    email: user.email.trim(),
    email_key: emailKey(user.email),
    display_name: user.displayName,
    role: user.role,
    status: 'active',
    password_hash: user.passwordHash,
    version: 1,
    created_at: user.at,
    updated_at: user.at,
    last_login_at: null,
  };
}

async function tenantExists(tx: Tx, tenantId: string): Promise<boolean> {
  const row = await tx.query.selectFrom('auth_tenants').select('id').where('id', '=', tenantId).executeTakeFirst();
  return row !== undefined;
}
