import { playSeed } from '../play-seed.ts';
import { SeededRandom } from '../random.ts';
import type { SeedOptions, SeedResult, SimulatedCore } from '../simulated-core.ts';
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
  const faultTimes = { fromMs: FORMED_MS, untilMs: shape.healMs, intervalMs: shape.faultIntervalMs };
  const world = new MeshWorld(shape, random.fork('world'));
  const traffic = new Traffic(world, random.fork('traffic'));
  const calm = new CalmChecks(world, traffic, random.fork('calm'));
  const watch = new Watch(world);
  const { network, ledger, registry } = world;
  const counts = () => ({
    accepted: ledger.accepted,
    delivered: ledger.delivered,
    refused: traffic.refused,
    packets: network.counts.sent,
    ...watch.counts(),
    'converged after heal Max': Math.round(calm.convergedAfterMs),
    'settled after heal Max': Math.round(calm.settledAfterMs),
    'delivery after a cut Max': Math.round(calm.slowestAfterCutMs),
  });
  const description = describeMeshShape(shape);
  const faultKinds = MESH_FAULTS;
  return playSeed({ seed, random, world, registry, description, faultKinds, faultTimes, faults, counts }, () => {
    traffic.start();
    watch.start();
    world.runUntilHealed(shape.healMs, untilMs, () => {
      calm.run();
      watch.check();
    });
  });
}
