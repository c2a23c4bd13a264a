import { MEMBERSHIP_PRESETS } from '@peermesh/membership';
import type { DetectionResult, LossResult } from '@peermesh/simulator';
import { writeResult } from '../write-result.ts';
import { type Measurement, runMeasurements } from './measurement.ts';

const DETECTION_BAR_MS = 5_000;
const HEALING_BAR_MS = 60_000;
const NODE_HOURS_BAR = 1_000;
/** The same mesh under other seeds, so that the cores share the work. */
const LOSS_RUNS = 9;
const NODES_MAX = Number(process.argv[2] ?? 1_000);
const NODE_HOURS = Number(process.argv[3] ?? NODE_HOURS_BAR);
const config = MEMBERSHIP_PRESETS.lan;
const latencyMs = [1, 30] as const;

const seconds = (milliseconds: number): string => (milliseconds / 1_000).toFixed(2);
const percentile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.ceil(values.length * share) - 1)] ?? Number.NaN;

const shared = { config, latencyMs };
const sizes = [50, 200, 1_000].filter((nodes) => nodes <= NODES_MAX);
const lossRuns = [
  ...Array.from({ length: LOSS_RUNS }, () => ({ nodes: 50, nodeHours: (NODE_HOURS * 0.9) / LOSS_RUNS })),
  { nodes: 200, nodeHours: NODE_HOURS * 0.1 },
];
const splits = [
  { nodes: 50, splitMs: 60_000 },
  { nodes: 50, splitMs: 3_600_000 },
  { nodes: 200, splitMs: 600_000 },
];
const detectionRuns = sizes.map((nodes) => {
  return { kind: 'detection', options: { ...shared, nodes, deaths: nodes === 1_000 ? 60 : 100, seed: 1 } } as const;
});
const measurements: Measurement[] = [
  ...detectionRuns.toReversed(),
  ...lossRuns.map((run, index) => {
    return { kind: 'loss', options: { ...shared, ...run, lossRate: 0.2, slowShare: 0.1, seed: 2 + index } } as const;
  }),
  ...splits.map((split) => ({ kind: 'healing', options: { ...shared, ...split, seed: 3 } }) as const),
];
const results = await runMeasurements(measurements, ({ kind, options: { nodes } }) =>
  process.stdout.write(`${kind} of ${nodes} nodes measured\n`),
);
const detections = detectionRuns.map(({ options: { nodes, deaths } }, index) => {
  return { nodes, deaths, ...(results[detectionRuns.length - 1 - index] as DetectionResult) };
});
const losses = results.slice(sizes.length, sizes.length + lossRuns.length) as LossResult[];
const healings = splits.map((split, index) => {
  return { ...split, ...(results[sizes.length + lossRuns.length + index] as { readonly convergedMs: number }) };
});
const healthyEvictions = losses.reduce((sum, loss) => sum + loss.healthyEvictions, 0);
const nodeHours = Math.round(losses.reduce((sum, loss) => sum + loss.nodeHours, 0));

const largest = detections.at(-1);
const worstMs = percentile(largest?.everywhereMs ?? [], 0.99);
const slowestHealMs = Math.max(...healings.map(({ convergedMs }) => convergedMs));
const passed =
  worstMs <= DETECTION_BAR_MS &&
  healthyEvictions === 0 &&
  nodeHours >= NODE_HOURS_BAR &&
  slowestHealMs <= HEALING_BAR_MS;

writeResult('membership', {
  passed,
  summary:
    `a death is known to all of ${largest?.nodes} nodes within ${seconds(worstMs)} s (p99; promised: 5 s); ` +
    `${healthyEvictions} healthy nodes evicted in ${nodeHours.toFixed(0)} node-hours at 20 % loss with 10 % slow nodes ` +
    `(promised: 0); a healed partition is one view within ${seconds(slowestHealMs)} s (promised: 60 s)`,
  figures: {
    detection: detections.map(({ everywhereMs, firstMs, ...rest }) => ({
      ...rest,
      firstP50Ms: percentile(firstMs, 0.5),
      everywhereP50Ms: percentile(everywhereMs, 0.5),
      everywhereP99Ms: percentile(everywhereMs, 0.99),
    })),
    losses,
    healings,
  },
  markdown: [
    'Cores of `packages/membership` with the `lan` preset in virtual time, encoded bytes between them, latency 1 to 30 ms.',
    '',
    '| nodes | deaths | first verdict p50 | known to all p50 | known to all p99 | bytes/s per node at rest | virtual s per CPU s |',
    '|---|---|---|---|---|---|---|',
    ...detections.map(({ nodes, deaths, firstMs, everywhereMs, restBytesPerSecond, speed }) =>
      [
        '',
        nodes,
        deaths,
        `${seconds(percentile(firstMs, 0.5))} s`,
        `${seconds(percentile(everywhereMs, 0.5))} s`,
        `${seconds(percentile(everywhereMs, 0.99))} s`,
        Math.round(restBytesPerSecond),
        speed.toFixed(1),
        '',
      ]
        .join(' | ')
        .trim(),
    ),
    '',
    'Nobody dies while 20 % of all packets are lost (reliable ones come late) and 10 % of the nodes stall for 0.1 to 5 s,',
    'on average every 20 s.',
    '',
    '| nodes | slow | node-hours | suspicions raised | verdicts on healthy nodes | verdicts on slow nodes |',
    '|---|---|---|---|---|---|',
    ...losses.map(
      (loss) =>
        `| ${loss.nodes} | ${loss.slowNodes} | ${loss.nodeHours.toFixed(0)} | ${loss.suspicions} | ${loss.healthyEvictions} | ${loss.slowEvictions} |`,
    ),
    '',
    '| partition in half | for | one view after healing |',
    '|---|---|---|',
    ...healings.map(
      ({ nodes, splitMs, convergedMs }) => `| ${nodes} nodes | ${splitMs / 60_000} min | ${seconds(convergedMs)} s |`,
    ),
  ].join('\n'),
});
process.exitCode = passed ? 0 : 1;
