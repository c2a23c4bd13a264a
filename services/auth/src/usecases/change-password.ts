import type { Principal } from '@peermesh/authz';
import { authErrors, commonErrors } from '@peermesh/errors';
import { appendOwnDecision } from '../adapters/pg/decision-store.ts';
import { changeUser, findUser, lockUser } from '../adapters/pg/user-store.ts';
import type { Origin } from '../ports.ts';
import type { AuthDeps } from './auth-deps.ts';
import { beginPasswordAttempt, failPasswordAttempt, settlePasswordAttempt } from './password-attempt.ts';
import { assertPasswordGood } from './register.ts';
import { revokeSessions } from './revocation.ts';

/** Changes the caller's password, and ends every other session. Guesses of the current one count like failed logins. */
export async function changePassword(
  deps: AuthDeps,
  principal: Principal,
  passwords: { readonly current: string; readonly next: string },
  origin: Origin,
): Promise<void> {
  const { tenantId } = principal;
  const user = await deps.db.tenant(tenantId, (tx) => findUser(tx, principal.subject), { readOnly: true });
  if (user === null) throw commonErrors.unauthenticated();
  assertPasswordGood(passwords.next, user.email);
  const attempt = { tenantId, emailKey: user.email_key, action: 'password.change', origin };
  await beginPasswordAttempt(deps, attempt);
  if (!(await deps.hasher.verify(user.password_hash, passwords.current))) {
    await failPasswordAttempt(deps, attempt, { actor: user.id, reason: 'password_wrong' });
    throw authErrors.credentialsInvalid();
  }
  const hash = await deps.hasher.hash(passwords.next);
  await deps.db.tenant(tenantId, async (tx) => {
    const before = await lockUser(tx, user.id);
    if (before.password_hash !== user.password_hash) throw authErrors.credentialsInvalid();
    await changeUser(tx, before, { password_hash: hash }, deps.clock());
    const except = principal.sessionId;
    await revokeSessions(deps, tx, { userId: user.id, except }, tenantId, 'password_changed');
    await settlePasswordAttempt(tx, attempt);
    const decision = { tenantId, actor: user.id, action: attempt.action, allowed: true, reason: 'password' };
    await appendOwnDecision(tx, { ...decision, origin, at: deps.clock() });
  });
}
