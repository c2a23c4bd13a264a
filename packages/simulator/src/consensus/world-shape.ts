import type { SeededRandom } from '../random.ts';

/** How a world of one seed looks. Everything is drawn from the seed. */
export interface WorldShape {
  readonly replicas: number;
  readonly witnesses: number;
  readonly operations: number;
  readonly clients: number;
  readonly keys: number;
  readonly snapshotEntries: number;
  readonly faultIntervalMs: number;
  readonly clientTimeoutMs: number;
}

export const DURATION_MS = 120_000;
/** No fault starts or lasts after this: the rest of the run is for what has to come back. */
export const HEAL_MS = 95_000;

const SIZES: readonly (readonly [replicas: number, witnesses: number])[] = [
  [1, 0],
  [2, 1],
  [3, 0],
  [3, 0],
  [3, 0],
  [4, 0],
  [5, 0],
  [5, 0],
  [7, 0],
  [10, 0],
];

export function drawShape(random: SeededRandom): WorldShape {
  const [replicas, witnesses] = random.pick(SIZES);
  return {
    replicas,
    witnesses,
    operations: 200 + random.integer(800),
    clients: 2 + random.integer(7),
    keys: 3 + random.integer(6),
    snapshotEntries: random.chance(0.5) ? 10 + random.integer(60) : 200 + random.integer(800),
    faultIntervalMs: random.between(800, 8_000),
    clientTimeoutMs: random.between(500, 4_000),
  };
}

export function describeShape({ replicas, witnesses, operations, clients, snapshotEntries }: WorldShape): string {
  const members = witnesses === 0 ? `${replicas} replicas` : `${replicas} replicas and a witness`;
  return `${members}, ${clients} clients, about ${operations} operations, a snapshot every ${snapshotEntries} entries`;
}
