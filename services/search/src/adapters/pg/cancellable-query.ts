import type { Database, Transaction } from '@peermesh/database';
import { untilAborted } from '../../domain/until-aborted.ts';
import type { LegContext } from '../../ports.ts';

/**
 * Runs read-only work that stops at the deadline on both sides: the server by `statement_timeout`, the caller by the
 * signal, without waiting for the server.
 */
export async function cancellable<T>(
  db: Database<unknown>,
  context: LegContext,
  work: (tx: Transaction<unknown>) => Promise<T>,
): Promise<T> {
  context.signal.throwIfAborted();
  const running = db.tenant(context.viewer.tenantId, work, {
    readOnly: true,
    retries: 0,
    statementTimeoutMs: Math.max(1, Math.ceil(context.timeoutMs)),
    signal: context.signal,
  });
  return untilAborted(running, context.signal);
}
