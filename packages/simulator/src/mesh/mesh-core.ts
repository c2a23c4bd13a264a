import { failureOf } from '../failure-of.ts';
import { inflict } from '../nemesis/inflict.ts';
import { planFaults } from '../nemesis/schedule.ts';
import { SeededRandom } from '../random.ts';
import type { SeedFailure, SeedOptions, SeedResult, SimulatedCore } from '../simulated-core.ts';
import { CalmChecks } from './calm-checks.ts';
import { MESH_FAULTS } from './faults.ts';
import { MESH_INVARIANTS } from './invariants.ts';
import { describeMeshShape, drawMeshShape, FORMED_MS, type MeshShape } from './shape.ts';
import { Traffic } from './traffic.ts';
import { Watch } from './watch.ts';
import { MeshWorld } from './world.ts';

/** Whole overlay nodes, 5 to 20 of them: links, membership, routing, forwarding and flows together. */
export const MESH_CORE: SimulatedCore = {
  name: 'mesh',
  summary: 'overlay nodes behind NATs, whose connections, links, processes and membership fail',
  invariants: MESH_INVARIANTS,
  faultKinds: MESH_FAULTS,
  runSeed: (seed, options) => {
    const random = new SeededRandom(seed);
    return runMesh(seed, drawMeshShape(random.fork('shape')), random, options);
  },
};

/** One seed in a world of a given shape. */
export function runMesh(
  seed: number,
  shape: MeshShape,
  random: SeededRandom,
  { faults, untilMs = Number.POSITIVE_INFINITY }: SeedOptions = {},
): SeedResult {
  const interval = { fromMs: FORMED_MS, untilMs: shape.healMs, intervalMs: shape.faultIntervalMs };
  const plan = planFaults(MESH_FAULTS, random.fork('faults'), interval);
  const world = new MeshWorld(shape, random.fork('world'));
  const traffic = new Traffic(world, random.fork('traffic'));
  const calm = new CalmChecks(world, traffic, random.fork('calm'));
  const watch = new Watch(world);
  let failure: SeedFailure | null = null;
  try {
    inflict(world, MESH_FAULTS, plan, faults);
    traffic.start();
    watch.start();
    world.queue.runUntil(Math.min(untilMs, shape.healMs));
    if (untilMs > shape.healMs) {
      for (const name of world.nodes()) world.start(name);
      calm.run();
      watch.check();
    }
  } catch (error) {
    failure = failureOf(error, world);
  }
  const { network, ledger, queue } = world;
  return {
    seed,
    world: describeMeshShape(shape),
    failure,
    virtualMs: queue.nowMs,
    events: queue.executed,
    faults: plan,
    checks: world.registry.counts(),
    counts: {
      accepted: ledger.accepted,
      delivered: ledger.delivered,
      refused: traffic.refused,
      packets: network.counts.sent,
      ...watch.counts(),
      'converged after heal Max': Math.round(calm.convergedAfterMs),
      'settled after heal Max': Math.round(calm.settledAfterMs),
      'delivery after a cut Max': Math.round(calm.slowestAfterCutMs),
    },
  };
}
