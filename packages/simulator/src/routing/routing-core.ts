import type { FaultKind } from '../nemesis/fault.ts';
import { NETWORK_FAULTS } from '../nemesis/network-faults.ts';
import { PROCESS_FAULTS } from '../nemesis/process-faults.ts';
import { playSeed } from '../play-seed.ts';
import { SeededRandom } from '../random.ts';
import type { SeedOptions, SeedResult, SimulatedCore } from '../simulated-core.ts';
import { CalmChecks } from './calm-checks.ts';
import { checkTopology, type TopologyReport } from './check-topology.ts';
import { ROUTING_FAULTS } from './routing-faults.ts';
import { ROUTING_INVARIANTS } from './routing-invariants.ts';
import { RoutingWorld } from './routing-world.ts';
import { DURATION_MS, describeShape, drawShape, HEAL_MS, WARM_UP_MS } from './world-shape.ts';

const FAULTS: readonly FaultKind<RoutingWorld>[] = [...NETWORK_FAULTS, ...PROCESS_FAULTS, ...ROUTING_FAULTS];

const SAMPLE_MS = 250;
const SAMPLE_PAIRS = 4;

/** Routers on a network that fails, and one random topology in which everything fails once. */
export const routingCore: SimulatedCore = {
  name: 'routing',
  summary: 'link-state routers under faults and forgery; random topologies with every single failure',
  invariants: ROUTING_INVARIANTS,
  faultKinds: FAULTS,
  runSeed,
};

function runSeed(seed: number, { faults, untilMs = DURATION_MS }: SeedOptions = {}): SeedResult {
  const random = new SeededRandom(seed);
  const shape = drawShape(random.fork('shape'));
  const faultTimes = { fromMs: WARM_UP_MS, untilMs: HEAL_MS, intervalMs: shape.faultIntervalMs };
  const world = new RoutingWorld(shape, random.fork('world'));
  const calm = new CalmChecks(world, random.fork('checks'));
  let topology: TopologyReport | null = null;
  const { oracle, adversary, network } = world;
  const { registry } = oracle;
  const counts = () => ({
    installed: oracle.installed,
    refused: oracle.refused,
    computed: oracle.computed,
    forgeries: adversary.injected,
    messages: network.counts.sent,
    cuts: calm.cuts,
    topologies: topology ? 1 : 0,
    'topology nodes': topology?.nodes ?? 0,
    'topology failures': topology?.failures ?? 0,
    'converged after heal Max': Number.isNaN(calm.convergedAfterMs) ? 0 : Math.round(calm.convergedAfterMs),
  });
  const description = describeShape(shape);
  const faultKinds = FAULTS;
  return playSeed({ seed, random, world, registry, description, faultKinds, faultTimes, faults, counts }, () => {
    calm.start();
    sampleLoops(world, calm);
    world.queue.runUntil(Math.min(untilMs, DURATION_MS));
    if (untilMs >= DURATION_MS) topology = checkTopology(random.fork('topology'), registry);
  });
}

function sampleLoops(world: RoutingWorld, calm: CalmChecks): void {
  world.queue.after(SAMPLE_MS, () => {
    calm.sampleLoops(SAMPLE_PAIRS);
    sampleLoops(world, calm);
  });
}
