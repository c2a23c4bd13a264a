import { SessionRevoked, UserChanged } from '@peermesh/contracts/events';
import type { Tx, UserRow } from '../adapters/pg/schema.ts';
import { endSessions } from '../adapters/pg/session-store.ts';
import type { AuthDeps } from './auth-deps.ts';

/** Tokens outlive their expiry by clock skew; the announcement outlives them by more. */
const MARGIN_MS = 60_000;

export interface RevocationNotice {
  readonly kind: 'session' | 'api_key' | 'user' | 'signing_key';
  readonly id: string;
  readonly tenantId: string;
  readonly userId: string | null;
  readonly reason: string;
}

/** Makes access tokens void everywhere: announced with the change itself, known here as soon as it is committed. */
export async function announceRevocation(deps: AuthDeps, tx: Tx, notice: RevocationNotice): Promise<void> {
  const now = deps.clock();
  const data = {
    kind: notice.kind,
    id: notice.id,
    userId: notice.userId,
    reason: notice.reason,
    revokedAt: now.toISOString(),
    expiresAt: new Date(now.getTime() + deps.config.ACCESS_TOKEN_TTL_SECONDS * 1000 + MARGIN_MS).toISOString(),
  };
  await deps.bus.publish(tx, SessionRevoked, data, {
    tenantId: notice.tenantId,
    partitionKey: notice.userId ?? notice.id,
  });
  tx.afterCommit(() => deps.revocations.add(data));
}

/** Ends sessions and makes their access tokens void. Returns how many there were. */
export async function revokeSessions(
  deps: AuthDeps,
  tx: Tx,
  which: Parameters<typeof endSessions>[1],
  tenantId: string,
  reason: string,
): Promise<number> {
  const ended = await endSessions(tx, which, reason, deps.clock());
  for (const { id, userId } of ended) {
    await announceRevocation(deps, tx, { kind: 'session', id, tenantId, userId, reason });
  }
  return ended.length;
}

export async function announceUser(
  deps: AuthDeps,
  tx: Tx,
  user: UserRow,
  change: 'created' | 'updated' | 'disabled' | 'deleted',
): Promise<void> {
  const data = { userId: user.id, change, role: user.role, email: change === 'deleted' ? null : user.email };
  await deps.bus.publish(tx, UserChanged, data, { tenantId: user.tenant_id, partitionKey: user.id });
}
