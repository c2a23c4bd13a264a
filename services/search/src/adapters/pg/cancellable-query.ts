import type { Database, Transaction } from '@peermesh/database';
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
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(context.signal.reason as Error);
  context.signal.addEventListener('abort', abort, { once: true });
  const running = db.tenant(context.viewer.tenantId, work, {
    readOnly: true,
    retries: 0,
    statementTimeoutMs: Math.max(1, Math.ceil(context.timeoutMs)),
    signal: context.signal,
  });
  try {
    return await Promise.race([running, promise]);
  } finally {
    context.signal.removeEventListener('abort', abort);
    running.catch(() => undefined);
  }
}
