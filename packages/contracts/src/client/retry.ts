import { isPeerMeshError } from '@peermesh/errors';

const STATUSES = new Set([429, 502, 503, 504]);
const CODES = new Set(['PM_COMMON_IDEMPOTENCY_IN_FLIGHT']);
const BACKOFF_MS = 100;
const WAIT_MS_MAX = 10_000;

/**
 * How long to wait before another attempt, or null when another would not help: the error is lasting, or the server
 * asks for a longer wait than a caller should be held up for.
 */
export function repeatAfterMs(error: unknown, attempt: number): number | null {
  if (!isPeerMeshError(error)) return null;
  const answered = error.occurrence.meta?.['answerStatus'];
  const status = typeof answered === 'number' ? answered : error.status;
  if (!STATUSES.has(status) && !CODES.has(error.code)) return null;
  const asked = (error.occurrence.retryAfterSeconds ?? 0) * 1000;
  const backoff = BACKOFF_MS * 2 ** attempt * (0.5 + Math.random() / 2);
  const waitMs = Math.max(asked, backoff);
  return waitMs > WAIT_MS_MAX ? null : waitMs;
}

/** Waits; rejects with the reason of the signal when that aborts first. */
export function pause(waitMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, waitMs);
    if (signal?.aborted === true) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
  });
}
