import type { SeededRandom } from '../random.ts';
import type { FaultKind } from './fault.ts';

/** One fault of a run. `index` names it: a shrunk run leaves some out and keeps the others exactly as they were. */
export interface FaultOccurrence {
  readonly index: number;
  readonly kind: string;
  readonly atMs: number;
  readonly durationMs: number;
  readonly seed: number;
}

export interface ScheduleOptions {
  readonly fromMs: number;
  /** Faults have ended by then. */
  readonly untilMs: number;
  /** Mean time between starts. */
  readonly intervalMs: number;
}

/**
 * The faults of one seed. Swarm testing (Groce et al., ISSTA 2012): a random part of the kinds is enabled, so that faults
 * which mask each other do not always meet.
 */
export function planFaults<Host>(
  kinds: readonly FaultKind<Host>[],
  random: SeededRandom,
  { fromMs, untilMs, intervalMs }: ScheduleOptions,
): FaultOccurrence[] {
  const enabled = random.fork('swarm').subset(kinds, random.between(0.05, 0.5));
  const occurrences: FaultOccurrence[] = [];
  let atMs = fromMs + random.exponential(intervalMs);
  while (atMs < untilMs && enabled.length > 0) {
    const kind = random.pick(enabled);
    const durationMs = Math.min(random.between(kind.durationMs[0], kind.durationMs[1]), untilMs - atMs);
    const index = occurrences.length;
    occurrences.push({ index, kind: kind.name, atMs, durationMs, seed: random.fork(`fault ${index}`).seed });
    atMs += random.exponential(intervalMs);
  }
  return occurrences;
}
