import { appendOwnDecision } from '../adapters/pg/decision-store.ts';
import type { Tx } from '../adapters/pg/schema.ts';
import { type Attempt, beginAttempts, failAttempts, settleAttempts } from '../adapters/pg/throttle-store.ts';
import { ACCOUNT_POLICY, ADDRESS_POLICY } from '../domain/login-throttle.ts';
import type { Origin } from '../ports.ts';
import type { AuthDeps } from './auth-deps.ts';

/** Somebody says a password: when logging in, or when changing it. */
export interface PasswordAttempt {
  readonly tenantId: string;
  readonly emailKey: string;
  readonly action: string;
  readonly origin: Origin;
}

/** Notes that a password is about to be checked. Rejects when the account or the address has to wait. */
export async function beginPasswordAttempt(deps: AuthDeps, attempt: PasswordAttempt): Promise<void> {
  try {
    await beginAttempts(deps.db, countersOf(attempt), deps.clock());
  } catch (error) {
    deps.metrics.login('throttled');
    throw error;
  }
}

/** The password was right, in the transaction of what it allows. */
export async function settlePasswordAttempt(tx: Tx, attempt: PasswordAttempt): Promise<void> {
  await settleAttempts(tx, countersOf(attempt));
}

/** The password was wrong, or useless: counted and logged. */
export async function failPasswordAttempt(
  deps: AuthDeps,
  attempt: PasswordAttempt,
  outcome: { readonly actor: string | null; readonly reason: string },
): Promise<void> {
  const at = deps.clock();
  const { tenantId, action, origin } = attempt;
  const isBlocked = await deps.db.system(async (tx) => {
    const blocksNext = await failAttempts(tx, countersOf(attempt), at);
    const reason = blocksNext ? `${outcome.reason}, throttled` : outcome.reason;
    await appendOwnDecision(tx, { tenantId, actor: outcome.actor, action, allowed: false, reason, origin, at });
    return blocksNext;
  });
  deps.metrics.login('refused');
  if (isBlocked) deps.logger.info({ action, requestId: origin.requestId }, 'further attempts have to wait');
}

function countersOf({ tenantId, emailKey, origin }: PasswordAttempt): readonly Attempt[] {
  return [
    { scope: 'account', name: `${tenantId}/${emailKey}`, policy: ACCOUNT_POLICY },
    { scope: 'address', name: origin.ip, policy: ADDRESS_POLICY },
  ];
}
