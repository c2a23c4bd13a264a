import type { SeededRandom } from '../random.ts';

/** What one world is like. */
export interface ControlShape {
  readonly machines: number;
  readonly faultIntervalMs: number;
  /** Mean time between two commands of operators. */
  readonly commandIntervalMs: number;
  readonly snapshotBytes: number;
  readonly writeMs: number;
  readonly healMs: number;
}

/** The mesh forms before faults begin. */
export const FORMED_MS = 12_000;

export function drawControlShape(random: SeededRandom): ControlShape {
  return {
    machines: random.pick([2, 3, 4, 4, 5, 5, 6, 8, 9]),
    faultIntervalMs: random.between(400, 5_000),
    commandIntervalMs: random.between(40, 600),
    snapshotBytes: random.pick([1_500, 6_000, 30_000, 16 * 1024 * 1024]),
    writeMs: random.pick([0.2, 3, 12]),
    healMs: FORMED_MS + random.between(20_000, 50_000),
  };
}

export function describeControlShape({ machines, faultIntervalMs, snapshotBytes, writeMs }: ControlShape): string {
  const fault = `a fault every ${(faultIntervalMs / 1_000).toFixed(1)} s`;
  return `${machines} machines, ${fault}, a snapshot every ${snapshotBytes} bytes, writes of ${writeMs} ms`;
}
