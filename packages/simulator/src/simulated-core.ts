import type { Invariant } from './invariant.ts';
import type { FaultOccurrence } from './nemesis/schedule.ts';

/** Makes a run smaller than its seed says: how a failure is shrunk and replayed. */
export interface SeedOptions {
  /** Only these faults of the schedule, by index; all when absent. */
  readonly faults?: readonly number[];
  /** Nothing happens after this virtual time. */
  readonly untilMs?: number;
}

/** What a run broke. */
export interface SeedFailure {
  readonly invariant: string;
  readonly message: string;
  readonly atMs: number;
  /** The last things that happened, oldest first. */
  readonly trace: readonly string[];
}

/** What one seed did. */
export interface SeedResult {
  readonly seed: number;
  /** One line: the shape of the world. */
  readonly world: string;
  readonly failure: SeedFailure | null;
  readonly virtualMs: number;
  readonly events: number;
  readonly faults: readonly FaultOccurrence[];
  /** How often each invariant was checked. */
  readonly checks: Readonly<Record<string, number>>;
  /** Whatever else a core counts, for example operations checked for linearizability. */
  readonly counts: Readonly<Record<string, number>>;
}

/**
 * A core under simulation. `runSeed` is a function of its arguments: the same seed and options give the same result on
 * every machine. It never throws for what the core did wrong; it throws when the simulation itself is broken.
 */
export interface SimulatedCore {
  readonly name: string;
  readonly summary: string;
  readonly invariants: readonly Invariant[];
  readonly faultKinds: readonly { readonly name: string; readonly summary: string }[];
  runSeed(seed: number, options?: SeedOptions): SeedResult;
}
