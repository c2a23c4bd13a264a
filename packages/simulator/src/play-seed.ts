import type { EventQueue } from './event-queue.ts';
import { failureOf } from './failure-of.ts';
import type { FaultKind } from './nemesis/fault.ts';
import { inflict } from './nemesis/inflict.ts';
import { planFaults, type ScheduleOptions } from './nemesis/schedule.ts';
import type { SeededRandom } from './random.ts';
import type { SeedFailure, SeedResult } from './simulated-core.ts';
import type { TraceRing } from './trace.ts';

/** What a seed plays in. */
interface Scene<World> {
  readonly seed: number;
  readonly random: SeededRandom;
  readonly world: World & { readonly queue: EventQueue; readonly trace: TraceRing };
  readonly registry: { counts(): Record<string, number> };
  /** One line: the shape of the world. */
  readonly description: string;
  readonly faultKinds: readonly FaultKind<World>[];
  readonly faultTimes: ScheduleOptions;
  /** Of a shrunk run only these faults, by index. */
  readonly faults: readonly number[] | undefined;
  /** Asked for when it is over. */
  counts(): Readonly<Record<string, number>>;
}

/** Plays a seed while faults happen, and tells what it did. What `play` throws is what the core did wrong. */
export function playSeed<World>(scene: Scene<World>, play: () => void): SeedResult {
  const { seed, random, world, registry, faultKinds } = scene;
  const plan = planFaults(faultKinds, random.fork('faults'), scene.faultTimes);
  let failure: SeedFailure | null = null;
  try {
    inflict(world, faultKinds, plan, scene.faults);
    play();
  } catch (error) {
    failure = failureOf(error, world);
  }
  return {
    seed,
    world: scene.description,
    failure,
    virtualMs: world.queue.nowMs,
    events: world.queue.executed,
    faults: plan,
    checks: registry.counts(),
    counts: scene.counts(),
  };
}
