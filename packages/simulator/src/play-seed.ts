import type { EventQueue } from './event-queue.ts';
import { failureOf } from './failure-of.ts';
import type { FaultOccurrence } from './nemesis/schedule.ts';
import type { SeedFailure, SeedResult } from './simulated-core.ts';
import type { TraceRing } from './trace.ts';

/** What a seed plays in. */
interface Scene {
  readonly seed: number;
  readonly world: { readonly queue: EventQueue; readonly trace: TraceRing };
  readonly registry: { counts(): Record<string, number> };
  /** One line: the shape of the world. */
  readonly description: string;
  readonly faults: readonly FaultOccurrence[];
  /** Asked for when it is over. */
  counts(): Readonly<Record<string, number>>;
}

/** Plays a seed and tells what it did. What `play` throws is what the core did wrong. */
export function playSeed({ seed, world, registry, description, faults, counts }: Scene, play: () => void): SeedResult {
  let failure: SeedFailure | null = null;
  try {
    play();
  } catch (error) {
    failure = failureOf(error, world);
  }
  return {
    seed,
    world: description,
    failure,
    virtualMs: world.queue.nowMs,
    events: world.queue.executed,
    faults,
    checks: registry.counts(),
    counts: counts(),
  };
}
