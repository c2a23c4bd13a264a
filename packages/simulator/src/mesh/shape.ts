import type { SeededRandom } from '../random.ts';

/** What one world is like. Nodes are numbered from 1. */
export interface MeshShape {
  readonly nodes: number;
  /** Nodes that accept no connections. */
  readonly closed: ReadonlySet<number>;
  /** Pairs that can never talk directly, as `a-b` with a < b. */
  readonly apart: ReadonlySet<string>;
  readonly lanes: number;
  readonly latencyMs: number;
  readonly faultIntervalMs: number;
  readonly flowsPerNode: number;
  readonly burstIntervalMs: number;
  readonly healMs: number;
}

/** The mesh forms before faults begin. */
export const FORMED_MS = 8_000;
export const CONVERGE_MS = 60_000;

export function pairKey(a: number, b: number): string {
  return a < b ? `${a}-${b}` : `${b}-${a}`;
}

/** @param nodes a world of that size; at random when absent. */
export function drawMeshShape(
  random: SeededRandom,
  nodes = 5 + random.integer(random.chance(0.15) ? 16 : 4),
): MeshShape {
  // The first two can be dialled by everybody, so that the network as such is in one piece.
  const closed = new Set<number>();
  const closedShare = random.between(0, 0.6);
  for (let node = 3; node <= nodes; node += 1) if (random.chance(closedShare)) closed.add(node);
  const apart = new Set<string>();
  const apartShare = nodes <= 8 ? random.between(0, 0.5) : 0;
  for (let a = 2; a <= nodes; a += 1)
    for (let b = a + 1; b <= nodes; b += 1) if (random.chance(apartShare)) apart.add(pairKey(a, b));
  return {
    nodes,
    closed,
    apart,
    lanes: random.pick([1, 1, 2, 3, 3]),
    latencyMs: random.pick([0.3, 2, 10, 40]),
    faultIntervalMs: random.between(500, 6_000),
    flowsPerNode: 1 + random.integer(3),
    burstIntervalMs: random.between(50, 800),
    healMs: FORMED_MS + random.between(15_000, 35_000),
  };
}

export function describeMeshShape({ nodes, closed, apart, lanes, latencyMs, faultIntervalMs }: MeshShape): string {
  const fault = `a fault every ${(faultIntervalMs / 1_000).toFixed(1)} s`;
  return `${nodes} nodes, ${closed.size} closed, ${apart.size} pairs apart, ${lanes} lanes, ${latencyMs} ms, ${fault}`;
}
