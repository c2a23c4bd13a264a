import { convergenceFlaw, runUntilFlawless } from '../mesh/convergence.ts';
import { drawMeshShape, FORMED_MS } from '../mesh/shape.ts';
import { Traffic } from '../mesh/traffic.ts';
import { Watch } from '../mesh/watch.ts';
import { MeshWorld } from '../mesh/world.ts';
import { SeededRandom } from '../random.ts';
import { PARTITION_SHAPES, type PartitionShape } from './partitions.ts';

/** What one partition did. All times are virtual. */
export interface PartitionResult {
  readonly shape: string;
  readonly summary: string;
  readonly splitMs: number;
  /** From healing until everybody reaches everybody, sees everybody, and all databases are equal. */
  readonly convergedMs: number;
}

export interface MeshPartitionsOptions {
  readonly nodes: number;
  readonly seed: number;
  /** How long each partition lasts, ms, one after the other; every shape with every length. */
  readonly splitsMs: readonly number[];
  readonly shapes?: readonly PartitionShape[];
  readonly onResult?: (result: PartitionResult) => void;
}

const FORMED_WITHIN_MS = 120_000;
const CONVERGED_WITHIN_MS = 600_000;
const PAUSE_MS = 2_000;

/**
 * One mesh of whole overlay nodes, a part of them behind NATs, under traffic: it is torn apart in every shape for every length
 * in turn, healed, and timed until it is one again. Every rule of the mesh core is checked all along.
 * @throws when the mesh does not form or heal, or breaks a rule
 */
export function measureMeshPartitions(options: MeshPartitionsOptions): PartitionResult[] {
  const random = new SeededRandom(options.seed);
  const shape = { ...drawMeshShape(random.fork('shape'), options.nodes), flowsPerNode: 1, burstIntervalMs: 2_000 };
  const world = new MeshWorld(shape, random.fork('world'));
  const { queue } = world;
  new Watch(world).start();
  new Traffic(world, random.fork('traffic')).start();
  queue.runUntil(FORMED_MS);
  timeToConverge(world, FORMED_WITHIN_MS);
  const results: PartitionResult[] = [];
  for (const splitMs of options.splitsMs) {
    for (const { name, summary, rules } of options.shapes ?? PARTITION_SHAPES) {
      const ends = rules(world.nodes(), random.fork(`${name} ${splitMs}`)).map((rule) => world.addRule(rule));
      queue.runUntil(queue.nowMs + splitMs);
      for (const end of ends) end();
      const result = { shape: name, summary, splitMs, convergedMs: timeToConverge(world, CONVERGED_WITHIN_MS) };
      results.push(result);
      options.onResult?.(result);
      queue.runUntil(queue.nowMs + PAUSE_MS);
    }
  }
  return results;
}

function timeToConverge(world: MeshWorld, withinMs: number): number {
  const fromMs = world.queue.nowMs;
  const flaw = runUntilFlawless(world, withinMs, () => convergenceFlaw(world));
  if (flaw !== '') throw new Error(`not converged within ${withinMs} virtual ms: ${flaw}`);
  return world.queue.nowMs - fromMs;
}
