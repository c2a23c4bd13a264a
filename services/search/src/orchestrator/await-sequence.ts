import type { Leg } from '@peermesh/contracts/search';
import { searchErrors } from '@peermesh/errors';
import type { RunningBackend } from '../projection/generation-registry.ts';

const WAIT_MS = 2_000;
const POLL_MS = 15;

/**
 * Waits until some legs have applied the change log up to a place: a caller then finds what it has written. The deadline
 * of the search starts afterwards. Rejects with `PM_SEARCH_NOT_CAUGHT_UP` after 2 s.
 */
export async function awaitSequence(
  minSeq: number,
  legs: readonly Leg[],
  active: ReadonlyMap<Leg, RunningBackend>,
  signal: AbortSignal,
): Promise<void> {
  const backends = legs.flatMap((leg) => active.get(leg)?.backend ?? []);
  const until = performance.now() + WAIT_MS;
  for (;;) {
    const watermark = Math.min(...backends.map((backend) => backend.watermark()));
    if (watermark >= minSeq) return;
    if (performance.now() >= until)
      throw searchErrors.notCaughtUp({ retryAfterSeconds: 1, meta: { watermark, minSeq } });
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    await Promise.allSettled(backends.map((backend) => backend.refresh()));
  }
}
