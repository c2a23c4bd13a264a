import { type FaultKind, target } from '../nemesis/fault.ts';
import { NETWORK_FAULTS } from '../nemesis/network-faults.ts';
import { PROCESS_FAULTS } from '../nemesis/process-faults.ts';
import { playSeed } from '../play-seed.ts';
import { SeededRandom } from '../random.ts';
import type { SeedOptions, SeedResult, SimulatedCore } from '../simulated-core.ts';
import { CalmChecks } from './calm-checks.ts';
import { ControlWorld } from './control-world.ts';
import { CONTROL_INVARIANTS } from './invariants.ts';
import { Operators } from './operators.ts';
import { RequestBook } from './request-book.ts';
import { describeControlShape, drawControlShape, FORMED_MS } from './shape.ts';

const WIPED_DISK: FaultKind<ControlWorld> = {
  name: 'wiped-disk',
  summary: 'a machine comes back with an empty disk, and joins anew under its old key',
  durationMs: [500, 4_000],
  start(world, random, durationMs) {
    const machine = world.node(target(world, random));
    if (!world.isSteady || world.shape.machines < 3) return;
    world.wipedAtMs = world.queue.nowMs;
    world.stop(machine.name, 'kill');
    machine.wipe();
    world.queue.after(durationMs, () => world.start(machine.name));
  },
};

const CONTROL_FAULTS: readonly FaultKind<ControlWorld>[] = [...NETWORK_FAULTS, ...PROCESS_FAULTS, WIPED_DISK];

/** Control planes of 2 to 9 members: replicas, requests, voters, admissions and evictions, without the overlay below. */
export const CONTROL_CORE: SimulatedCore = {
  name: 'control',
  summary:
    'members of the control group whose network, processes, disks and membership fail while operators ask for changes',
  invariants: CONTROL_INVARIANTS,
  faultKinds: CONTROL_FAULTS,
  runSeed,
};

function runSeed(seed: number, { faults, untilMs = Number.POSITIVE_INFINITY }: SeedOptions = {}): SeedResult {
  const random = new SeededRandom(seed);
  const shape = drawControlShape(random.fork('shape'));
  const faultTimes = { fromMs: FORMED_MS, untilMs: shape.healMs, intervalMs: shape.faultIntervalMs };
  const world = new ControlWorld(shape, random.fork('world'));
  const book = new RequestBook(world);
  const operators = new Operators(world, book, random.fork('operators'));
  const calm = new CalmChecks(world, book, operators);
  const { network, registry } = world;
  const counts = () => ({
    asked: book.all.length,
    done: book.done,
    refused: book.refused,
    reads: book.reads,
    messages: network.counts.sent,
    'converged after heal Max': Math.round(calm.convergedAfterMs),
  });
  const description = describeControlShape(shape);
  const faultKinds = CONTROL_FAULTS;
  return playSeed({ seed, random, world, registry, description, faultKinds, faultTimes, faults, counts }, () => {
    operators.start();
    world.runUntilHealed(shape.healMs, untilMs, () => calm.run());
  });
}
