import type { SeededRandom } from '../random.ts';

/** What one world is like. Machines are numbered from 1. */
export interface NodeShape {
  readonly machines: number;
  /** Machines that accept no connections. */
  readonly closed: ReadonlySet<number>;
  readonly lanes: number;
  readonly latencyMs: number;
  readonly writeMs: number;
  readonly snapshotBytes: number;
  readonly faultIntervalMs: number;
  /** Mean time between two commands of operators. */
  readonly commandIntervalMs: number;
  /** Mean time between two messages of one machine. */
  readonly messageIntervalMs: number;
  readonly healMs: number;
}

/** The mesh forms before faults begin. */
export const FORMED_MS = 15_000;

export function drawNodeShape(random: SeededRandom): NodeShape {
  const machines = 3 + random.integer(random.chance(0.2) ? 10 : 5);
  // The first two can be dialled by everybody, so that the network as such is in one piece.
  const closed = new Set<number>();
  const closedShare = random.between(0, 0.5);
  for (let number = 3; number <= machines; number += 1) if (random.chance(closedShare)) closed.add(number);
  return {
    machines,
    closed,
    lanes: random.pick([1, 2, 3]),
    latencyMs: random.pick([0.3, 2, 10]),
    writeMs: random.pick([0.2, 3, 12]),
    snapshotBytes: random.pick([1_500, 6_000, 30_000, 16 * 1024 * 1024]),
    faultIntervalMs: random.between(800, 6_000),
    commandIntervalMs: random.between(100, 800),
    messageIntervalMs: random.between(50, 500),
    healMs: FORMED_MS + random.between(15_000, 40_000),
  };
}

export function describeNodeShape({ machines, closed, lanes, latencyMs, writeMs, faultIntervalMs }: NodeShape): string {
  const fault = `a fault every ${(faultIntervalMs / 1_000).toFixed(1)} s`;
  return `${machines} nodes, ${closed.size} closed, ${lanes} lanes, ${latencyMs} ms, writes of ${writeMs} ms, ${fault}`;
}
