import { fuzzFrames } from '@peermesh/link';
import { playSeed } from '../play-seed.ts';
import { SeededRandom } from '../random.ts';
import type { SeedOptions, SeedResult, SimulatedCore } from '../simulated-core.ts';
import { LINK_INVARIANTS } from './invariants.ts';
import { LINK_FAULTS } from './lane-faults.ts';
import { DURATION_MS, describeLinkShape, drawLinkShape, HEAL_MS } from './link-shape.ts';
import { LinkWorld } from './link-world.ts';

const FUZZED_INPUTS = 500;

/** Two ends of a VirtualLink over lanes that are cut, closed, clogged, slowed and flooded. */
export const LINK_CORE: SimulatedCore = {
  name: 'link',
  summary: 'two ends of a link of one to five lanes, flows of every kind both ways',
  invariants: LINK_INVARIANTS,
  faultKinds: LINK_FAULTS,
  runSeed,
};

function runSeed(seed: number, { faults, untilMs = DURATION_MS }: SeedOptions = {}): SeedResult {
  const random = new SeededRandom(seed);
  const shape = drawLinkShape(random.fork('shape'));
  const faultTimes = { fromMs: 1_000, untilMs: HEAL_MS, intervalMs: shape.faultIntervalMs };
  const world = new LinkWorld(shape, random.fork('world'));
  const { registry } = world;
  const counts = () => countsOf(world);
  const description = describeLinkShape(shape);
  const faultKinds = LINK_FAULTS;
  return playSeed({ seed, random, world, registry, description, faultKinds, faultTimes, faults, counts }, () => {
    world.start();
    world.queue.runUntil(Math.min(untilMs, DURATION_MS));
    if (untilMs >= DURATION_MS) world.finish();
    fuzz(world, seed);
  });
}

/** Feeds this seed's share of generated inputs to the decoders: 20,000 seeds make ten million. */
function fuzz(world: LinkWorld, seed: number): void {
  let problem = '';
  try {
    world.fuzzed = fuzzFrames(seed, FUZZED_INPUTS).inputs;
  } catch (error) {
    problem = error instanceof Error ? `${error.message}: ${String(error.cause)}` : String(error);
  }
  world.registry.check('CodecHolds', problem === '', () => problem);
}

function countsOf(world: LinkWorld): Record<string, number> {
  const counts: Record<string, number> = { 'fuzzed inputs': world.fuzzed };
  const add = (name: string, count: number): void => void (counts[name] = (counts[name] ?? 0) + count);
  for (const { link, traffic } of world.ends) {
    const { resends, controlDuplicates, duplicatesDropped, gapsSkipped, lanes } = link.stats();
    for (const { delivered, late } of traffic.ledgers.values()) {
      add('frames', delivered);
      add('late frames', late);
    }
    add('resent batches', resends);
    add('control duplicates', controlDuplicates);
    add('duplicates dropped', duplicatesDropped);
    add('gaps skipped', gapsSkipped);
    add(
      'lane downs',
      lanes.reduce((sum, { downs }) => sum + downs, 0),
    );
    add('blocked sends', traffic.blocked);
  }
  return counts;
}
