import { parseArgs } from 'node:util';
import { writeResult } from '../write-result.ts';
import type { Report } from './protocol.ts';
import { type Outcome, runBare, runOverlay, type Scenario } from './scenario.ts';

/*
 * Three processes on loopback: one mesh node sends, one relays, one receives; reliable messages, end to end. Beside it, in
 * turn, a bare WebSocket relay that batches as much and does nothing else.
 */

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '2' },
    'measure-ms': { type: 'string', default: '3000' },
    /** Of small, bare, relayed, direct, bulk and bareBulk those named, with commas between: printed, not kept. */
    only: { type: 'string' },
    /** A folder for the processor profile of every process. */
    profile: { type: 'string' },
  },
});
const ROUNDS = Number(values.rounds);
const MEASURE_MS = Number(values['measure-ms']);
const SMALL_BYTES = 256;
const BULK_BYTES = 16 * 1024;
const TARGETS = { perSecond: 100_000, ratio: 0.5, p50Ms: 1, p99Ms: 5, gigabits: 1 };

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return ((sorted[sorted.length >> 1] ?? 0) + (sorted[(sorted.length - 1) >> 1] ?? 0)) / 2;
}
const rate = ({ messages, seconds }: Report): number => messages / seconds;
const whole = (value: number): string => Math.round(value).toLocaleString('en');
const gigabits = ({ bytes, seconds }: Report): number => (bytes * 8) / seconds / 1e9;
/** Processor microseconds of one process per message that arrived at the receiver. */
const costOf =
  (role: keyof Outcome) =>
  (outcome: Outcome): number => {
    const { cpuSeconds, seconds } = outcome[role] ?? outcome.receiver;
    return (cpuSeconds / seconds / rate(outcome.receiver)) * 1e6;
  };

const base: Scenario = {
  bytes: SMALL_BYTES,
  perSecond: null,
  isSecure: false,
  hasRelay: true,
  measureMs: MEASURE_MS,
  profileFolder: values.profile ?? null,
};
const bulkScenario: Scenario = { ...base, bytes: BULK_BYTES, isSecure: true };
const scenarios = {
  small: () => runOverlay(base),
  bare: () => runBare(base),
  relayed: () => runOverlay({ ...base, perSecond: 10_000 }),
  direct: () => runOverlay({ ...base, perSecond: 10_000, hasRelay: false }),
  bulk: () => runOverlay(bulkScenario),
  bareBulk: () => runBare(bulkScenario),
};
type Name = keyof typeof scenarios;
const outcomes: Record<Name, Outcome[]> = { small: [], bare: [], relayed: [], direct: [], bulk: [], bareBulk: [] };
const names = (values.only?.split(',') as Name[] | undefined) ?? (Object.keys(scenarios) as Name[]);
for (let round = 0; round < ROUNDS; round += 1) for (const name of names) outcomes[name].push(await scenarios[name]());
if (values.only !== undefined) {
  for (const name of names)
    for (const outcome of outcomes[name]) {
      const costs = (['sender', 'relay', 'receiver'] as const).map((role) => costOf(role)(outcome).toFixed(2));
      process.stdout.write(
        `${name}: ${whole(rate(outcome.receiver))}/s, ${gigabits(outcome.receiver).toFixed(2)} Gb/s; processor µs a message of sender, relay, receiver: ${costs.join(', ')}\n`,
      );
    }
  process.exit(0);
}
const { small, bare, relayed, direct, bulk, bareBulk } = outcomes;

const over = (outcomes: readonly Outcome[], figure: (outcome: Outcome) => number): number =>
  median(outcomes.map(figure));
const ofReceiver = (figure: (report: Report) => number) => (outcome: Outcome) => figure(outcome.receiver);
/** Processor microseconds of sender, relay and receiver per message. */
const costs = (outcomes: readonly Outcome[]) => ({
  sender: over(outcomes, costOf('sender')),
  relay: over(outcomes, costOf('relay')),
  receiver: over(outcomes, costOf('receiver')),
});
const listed = ({ sender, relay, receiver }: ReturnType<typeof costs>): string =>
  [sender, relay, receiver].map((value) => value.toFixed(2)).join(', ');
const figures = {
  smallPerSecond: over(small, ofReceiver(rate)),
  smallMicroseconds: costs(small),
  barePerSecond: over(bare, ofReceiver(rate)),
  bareMicroseconds: costs(bare),
  relayedP50Ms: over(relayed, ({ receiver }) => receiver.p50Ms),
  relayedP99Ms: over(relayed, ({ receiver }) => receiver.p99Ms),
  directP50Ms: over(direct, ({ receiver }) => receiver.p50Ms),
  directP99Ms: over(direct, ({ receiver }) => receiver.p99Ms),
  pacedPerSecond: over(relayed, ofReceiver(rate)),
  bulkGigabits: over(bulk, ofReceiver(gigabits)),
  bulkMicroseconds: costs(bulk),
  bareBulkGigabits: over(bareBulk, ofReceiver(gigabits)),
  bareBulkMicroseconds: costs(bareBulk),
  bulkGigabitsPerRelayCore: over(
    bulk,
    (outcome) => (gigabits(outcome.receiver) * (outcome.relay?.seconds ?? 0)) / (outcome.relay?.cpuSeconds ?? 1),
  ),
};
const ratio = figures.smallPerSecond / figures.barePerSecond;
const addedP50Ms = figures.relayedP50Ms - figures.directP50Ms;
const addedP99Ms = figures.relayedP99Ms - figures.directP99Ms;
const met = {
  small: figures.smallPerSecond >= TARGETS.perSecond,
  ratio: ratio >= TARGETS.ratio,
  latency: addedP50Ms < TARGETS.p50Ms && addedP99Ms < TARGETS.p99Ms,
  bulk: figures.bulkGigabits >= TARGETS.gigabits,
};
const verdict = (isMet: boolean): string => (isMet ? 'met' : 'missed');
writeResult('link-relay', {
  passed: Object.values(met).every(Boolean),
  summary: `${whole(figures.smallPerSecond)} reliable messages of 256 B a second through a relay, ${ratio.toFixed(2)} of a bare WebSocket relay; a hop adds ${addedP50Ms.toFixed(2)} ms (p99 ${addedP99Ms.toFixed(2)}); bulk ${figures.bulkGigabits.toFixed(2)} Gb/s over TLS`,
  figures: { rounds: ROUNDS, measureMs: MEASURE_MS, ...figures, ratio, addedP50Ms, addedP99Ms, met },
  markdown: [
    `Sender, relay and receiver are processes of their own; medians of ${ROUNDS} rounds of ${MEASURE_MS / 1_000} s after 2 s of warm-up; \`npm run bench -- link-relay\`.`,
    'Mesh nodes are `packages/overlay` on the WebSocket transport of `services/mesh-node`: numbered, acknowledged and granted per hop and end to end.',
    'The reference does nothing but batch: its sender copies each message behind its length into a batch of up to 64 KiB, its relay walks them and copies each into the next batch, its receiver counts them.',
    '',
    '| what | measured | target | |',
    '|---|---|---|---|',
    `| 256 B reliable messages a second, through a relay | ${whole(figures.smallPerSecond)} | ${whole(TARGETS.perSecond)} | ${verdict(met.small)} |`,
    `| of the bare batched WebSocket relay (${whole(figures.barePerSecond)}/s) | ${ratio.toFixed(2)} | ${TARGETS.ratio} | ${verdict(met.ratio)} |`,
    `| processor time per message of sender, relay, receiver | ${listed(figures.smallMicroseconds)} µs | | |`,
    `| the same of the bare WebSocket processes | ${listed(figures.bareMicroseconds)} µs | | |`,
    `| latency that the relay adds at 10,000/s (${whole(figures.pacedPerSecond)}/s arrived), p50 | ${addedP50Ms.toFixed(2)} ms | < ${TARGETS.p50Ms} ms | ${verdict(addedP50Ms < TARGETS.p50Ms)} |`,
    `| the same, p99 | ${addedP99Ms.toFixed(2)} ms | < ${TARGETS.p99Ms} ms | ${verdict(addedP99Ms < TARGETS.p99Ms)} |`,
    `| whole way at 10,000/s, p50 and p99: relayed | ${figures.relayedP50Ms.toFixed(2)}, ${figures.relayedP99Ms.toFixed(2)} ms | | |`,
    `| whole way at 10,000/s, p50 and p99: direct | ${figures.directP50Ms.toFixed(2)}, ${figures.directP99Ms.toFixed(2)} ms | | |`,
    `| bulk of 16 KiB messages over mutual TLS, zero mask | ${figures.bulkGigabits.toFixed(2)} Gb/s | ${TARGETS.gigabits} Gb/s | ${verdict(met.bulk)} |`,
    `| the same over bare WebSockets | ${figures.bareBulkGigabits.toFixed(2)} Gb/s | | |`,
    `| processor time per message of sender, relay, receiver: mesh | ${listed(figures.bulkMicroseconds)} µs | | |`,
    `| the same of the bare WebSocket processes | ${listed(figures.bareBulkMicroseconds)} µs | | |`,
    `| bulk of the mesh per processor second of the relay | ${figures.bulkGigabitsPerRelayCore.toFixed(2)} Gb/s | | |`,
  ].join('\n'),
});
process.exitCode = Object.values(met).every(Boolean) ? 0 : 1;
