import { playSeed } from '../play-seed.ts';
import { SeededRandom } from '../random.ts';
import type { SeedOptions, SeedResult, SimulatedCore } from '../simulated-core.ts';
import { CalmChecks } from './calm-checks.ts';
import { NODE_FAULTS } from './faults.ts';
import { NODE_INVARIANTS } from './invariants.ts';
import { Operators } from './operators.ts';
import { describeNodeShape, drawNodeShape, FORMED_MS } from './shape.ts';
import { Traffic } from './traffic.ts';
import { NodeWorld } from './world.ts';

/** Whole mesh nodes, 3 to 12 of them: the control group talks over the overlay that it decides about, and disks hold both. */
export const NODE_CORE: SimulatedCore = {
  name: 'node',
  summary: 'whole mesh nodes that form a mesh, join, are evicted and come back, while links and processes fail',
  invariants: NODE_INVARIANTS,
  faultKinds: NODE_FAULTS,
  runSeed,
};

function runSeed(seed: number, { faults, untilMs = Number.POSITIVE_INFINITY }: SeedOptions = {}): SeedResult {
  const random = new SeededRandom(seed);
  const shape = drawNodeShape(random.fork('shape'));
  const faultTimes = { fromMs: FORMED_MS, untilMs: shape.healMs, intervalMs: shape.faultIntervalMs };
  const world = new NodeWorld(shape, random.fork('world'));
  const operators = new Operators(world, random.fork('operators'));
  const traffic = new Traffic(world, random.fork('traffic'));
  const calm = new CalmChecks(world, operators, traffic);
  const { network, ledger, registry } = world;
  const counts = () => ({
    accepted: ledger.accepted,
    delivered: ledger.delivered,
    refused: traffic.refused,
    packets: network.counts.sent,
    'commands done': operators.done,
    reads: operators.reads,
    joins: operators.joins,
    'withdrawals asked for': operators.withdrawals,
    'one mesh after heal Max': Math.round(calm.convergedAfterMs),
  });
  const description = describeNodeShape(shape);
  const faultKinds = NODE_FAULTS;
  return playSeed({ seed, random, world, registry, description, faultKinds, faultTimes, faults, counts }, () => {
    operators.start();
    traffic.start();
    world.runUntilHealed(shape.healMs, untilMs, () => calm.run());
  });
}
