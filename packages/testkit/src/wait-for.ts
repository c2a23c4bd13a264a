import { setTimeout as delay } from 'node:timers/promises';

const INTERVAL_MS = 20;
/** Long for a machine of one's own, and short enough for one that others keep busy. */
const TIMEOUT_MS = 40_000;

/**
 * Waits until the condition returns something truthy, and returns that. A condition that throws counts as not yet.
 * Fails with `message` and the condition's last error when the time is over.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  options: { readonly timeoutMs?: number; readonly message?: string; readonly intervalMs?: number } = {},
): Promise<NonNullable<T>> {
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  const deadline = performance.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value as NonNullable<T>;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= deadline) {
      throw new Error(`not within ${timeoutMs} ms: ${options.message ?? condition.toString()}`, { cause });
    }
    await delay(options.intervalMs ?? INTERVAL_MS);
  }
}
