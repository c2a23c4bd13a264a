import type { EventQueue } from '../event-queue.ts';
import { SeededRandom } from '../random.ts';
import type { TraceRing } from '../trace.ts';
import type { FaultKind } from './fault.ts';
import type { FaultOccurrence } from './schedule.ts';

/** Puts the faults of a plan into a world's future; of a shrunk run `only` those with these indexes. */
export function inflict<Host>(
  world: Host & { readonly queue: EventQueue; readonly trace: TraceRing },
  kinds: readonly FaultKind<Host>[],
  plan: readonly FaultOccurrence[],
  only?: readonly number[],
): void {
  for (const { index, kind, atMs, durationMs, seed } of plan) {
    if (only?.includes(index) === false) continue;
    const fault = kinds.find(({ name }) => name === kind);
    if (fault === undefined) throw new Error(`there is no fault ${kind}`);
    world.queue.at(atMs, () => {
      world.trace.add(atMs, '*', 'fault', `${kind} for ${(durationMs / 1_000).toFixed(1)} s`);
      fault.start(world, new SeededRandom(seed), durationMs);
    });
  }
}
