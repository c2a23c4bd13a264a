import { measureMeshPartitions, type PartitionResult } from './mesh-partitions.ts';

const SPLITS_MS = [10_000, 60_000];
const CONVERGED_MAX_MS = 60_000;

const line = ({ shape, splitMs, convergedMs, summary }: PartitionResult): string =>
  `${shape.padEnd(14)} ${String(splitMs / 1_000).padStart(4)} s  converged ${(convergedMs / 1_000).toFixed(1).padStart(5)} s after healing  ${summary}\n`;

/** `--scenario partition`: true when every partition has healed within 60 virtual seconds. @throws RangeError for another name */
export function runScenario(name: string, nodes: number, seed: number, say: (text: string) => void): boolean {
  if (name !== 'partition') throw new RangeError(`there is no scenario ${name}: there is partition`);
  const results = measureMeshPartitions({
    nodes,
    seed,
    splitsMs: SPLITS_MS,
    onResult: (result) => say(line(result)),
  });
  const worstMs = Math.max(...results.map(({ convergedMs }) => convergedMs));
  say(
    `${nodes} nodes, ${results.length} partitions: the slowest converged ${(worstMs / 1_000).toFixed(1)} s after it healed\n`,
  );
  return worstMs < CONVERGED_MAX_MS;
}
