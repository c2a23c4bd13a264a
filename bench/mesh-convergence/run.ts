import { measureMeshPartitions } from '@peermesh/simulator';
import { writeResult } from '../write-result.ts';

const NODES = Number(process.argv[2] ?? 50);
const SEED = Number(process.argv[3] ?? 1);
const CONVERGED_BAR_MS = 60_000;
const splitsMs = [10_000, 60_000];

const seconds = (milliseconds: number): string => (milliseconds / 1_000).toFixed(1);
const partitions = measureMeshPartitions({
  nodes: NODES,
  seed: SEED,
  splitsMs,
  onResult: ({ shape, splitMs, convergedMs }) =>
    process.stdout.write(`${shape} for ${seconds(splitMs)} s: converged ${seconds(convergedMs)} s after healing\n`),
});
const worstMs = Math.max(...partitions.map(({ convergedMs }) => convergedMs));
const passed = worstMs < CONVERGED_BAR_MS;

writeResult('mesh-convergence', {
  passed,
  summary:
    `${NODES} whole overlay nodes, ${partitions.length} partitions of ${partitions.length / splitsMs.length} shapes: ` +
    `the slowest is one mesh again ${seconds(worstMs)} virtual seconds after it healed (promised: under 60 s)`,
  figures: { nodes: NODES, seed: SEED, partitions },
  markdown: [
    'One run of the simulator (`packages/simulator`, core `mesh`): links of several lanes, failure detection, routing, forwarding',
    'and flows under traffic, part of the nodes behind NATs. Converged: every node has a way to every other, sees all of them,',
    'and all link-state databases are equal. All rules of the core are checked all along.',
    '',
    '| partition | for | converged after healing | what it is |',
    '|---|---:|---:|---|',
    ...partitions.map(
      ({ shape, splitMs, convergedMs, summary }) =>
        `| ${shape} | ${seconds(splitMs)} s | ${seconds(convergedMs)} s | ${summary} |`,
    ),
  ].join('\n'),
});
process.exitCode = passed ? 0 : 1;
