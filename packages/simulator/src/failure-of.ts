import type { EventQueue } from './event-queue.ts';
import { InvariantViolation } from './invariant.ts';
import type { SeedFailure } from './simulated-core.ts';
import type { TraceRing } from './trace.ts';

/** What the core throws is a failure of the core; an invariant says what it is. */
export function failureOf(
  error: unknown,
  world: { readonly queue: Pick<EventQueue, 'nowMs'>; readonly trace: TraceRing },
): SeedFailure {
  const atMs = world.queue.nowMs;
  const trace = world.trace.lines();
  if (error instanceof InvariantViolation) return { invariant: error.invariant, message: error.message, atMs, trace };
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { invariant: 'NoCrash', message: `NoCrash: ${text}`, atMs, trace };
}
