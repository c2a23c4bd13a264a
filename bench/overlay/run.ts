import { FrameCursor } from '@peermesh/link';
import { writeResult } from '../write-result.ts';
import { RelayBench } from './relay.ts';

/*
 * The relay path of one overlay node without sockets, against a bare copy, frame by frame, of the batches that it took.
 */

const ROUNDS = Number(process.argv[2] ?? 7);
const ROUND_MS = Number(process.argv[3] ?? 600);
const FRAMES_PER_SECOND_MIN = 500_000;
const BATCH_HEADER_BYTES = 24;

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

/** Nanoseconds of processor time per frame for copying the batches frame by frame. */
function copyCost(batches: readonly Uint8Array[]): number {
  const target = new Uint8Array(65_536);
  const cursor = new FrameCursor();
  const places = batches.flatMap((bytes) => {
    const list: [Uint8Array, number, number][] = [];
    cursor.reset(bytes, BATCH_HEADER_BYTES, bytes.length);
    while (cursor.next()) list.push([bytes, cursor.at, cursor.frameEnd]);
    return list;
  });
  const startedAt = performance.now();
  const before = process.threadCpuUsage();
  let frames = 0;
  while (performance.now() - startedAt < ROUND_MS / 2) {
    for (const [bytes, at, end] of places) target.set(bytes.subarray(at, end), at);
    frames += places.length;
  }
  const { user, system } = process.threadCpuUsage(before);
  return ((user + system) * 1_000) / frames;
}

const cases = [
  { name: '128 bytes, priority', payloadBytes: 128, trafficClass: 1 },
  { name: '256 bytes, priority', payloadBytes: 256, trafficClass: 1 },
  { name: '256 bytes, bulk', payloadBytes: 256, trafficClass: 2 },
  { name: '16 KiB, bulk', payloadBytes: 16_384, trafficClass: 2 },
];
const rows = cases.map(({ name, payloadBytes, trafficClass }) => {
  const bench = new RelayBench();
  bench.run(payloadBytes, trafficClass, ROUND_MS);
  const samples = Array.from({ length: ROUNDS }, () => {
    const { frames, ns, batches } = bench.run(payloadBytes, trafficClass, ROUND_MS);
    return { relay: ns / frames, copy: copyCost(batches) };
  });
  return {
    name,
    payloadBytes,
    relayNs: median(samples.map(({ relay }) => relay)),
    copyNs: median(samples.map(({ copy }) => copy)),
  };
});
const perSecond = (ns: number): number => Math.round(1e9 / ns);
const small = rows.find(({ name }) => name === '256 bytes, priority')!;
const summary = `relay core ${perSecond(small.relayNs).toLocaleString('en-US')} frames/s of 256 bytes on one core, ${small.relayNs.toFixed(0)} ns each (at least ${FRAMES_PER_SECOND_MIN.toLocaleString('en-US')}/s)`;
const table = [
  '| reliable frames through one node | relay, ns per frame | frames/s on one core | Gb/s | bare copy, ns | relay in copies |',
  '|---|---|---|---|---|---|',
  ...rows.map(({ name, payloadBytes, relayNs, copyNs }) => {
    const gbps = ((payloadBytes * 8) / relayNs).toFixed(1);
    const cells = [relayNs.toFixed(0), perSecond(relayNs).toLocaleString('en-US'), gbps, copyNs.toFixed(0)];
    return `| ${name} | ${cells.join(' | ')} | ${(relayNs / copyNs).toFixed(1)} |`;
  }),
];
writeResult('overlay', {
  passed: perSecond(small.relayNs) >= FRAMES_PER_SECOND_MIN,
  summary,
  figures: { rounds: ROUNDS, roundMs: ROUND_MS, rows },
  markdown: `Processor time of one node between two peers: batches checked, frames routed, queued and sealed again, credit and acknowledgements of both links; no sockets. Reference: copying the same batches frame by frame.\n\n${table.join('\n')}\n\nCommand: \`npm run bench -- overlay\`.`,
});
