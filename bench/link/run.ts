import {
  advanceHop,
  BATCH_BYTES_MAX,
  BATCH_HEADER_BYTES,
  BatchHeader,
  BatchReader,
  createFrame,
  createVirtualLink,
  DEFAULT_LINK_CONFIG,
  type Flow,
  FrameCursor,
  frameBytes,
  fuzzFrames,
  type VirtualLink,
  writeBatchHeader,
  writeFrame,
} from '@peermesh/link';
import { writeResult } from '../write-result.ts';

/*
 * What the wire format costs: frames of 128 and 256 bytes of payload in batches of 64 KiB. The reference is a bare Buffer
 * copy, frame by frame, of the same bytes in the same run.
 */

const ROUNDS = Number(process.argv[2] ?? 9);
const ROUND_MS = Number(process.argv[3] ?? 150);
const EPOCH = 1;
const NEIGHBOURS = 16;
/** What the relay path of the codec may cost, in bare copies of the same frames. */
const RELAY_RATIO_MAX = 3;

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

/** Processor time of this process in nanoseconds: other processes take none of it. */
function cpuNs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1_000;
}

/** Nanoseconds per frame of `run`, which handles `frames` frames a call. */
function timed(frames: number, run: () => void): number {
  const startedAt = performance.now();
  const cpuAtStart = cpuNs();
  let calls = 0;
  while (performance.now() - startedAt < ROUND_MS) {
    for (let i = 0; i < 10; i += 1) run();
    calls += 10;
  }
  return (cpuNs() - cpuAtStart) / (calls * frames);
}

function fill(payloadBytes: number, target: Uint8Array): number {
  const frame = createFrame({ ttl: 32, trafficClass: 1, segments: [7, 9], payload: new Uint8Array(payloadBytes) });
  const count = Math.floor((BATCH_BYTES_MAX - BATCH_HEADER_BYTES) / frameBytes(frame));
  let at = BATCH_HEADER_BYTES;
  for (let i = 0; i < count; i += 1) {
    frame.dst = i % NEIGHBOURS;
    frame.seqLow = i;
    at = writeFrame(frame, target, at);
  }
  const header = Object.assign(new BatchHeader(), { version: 1, linkEpoch: EPOCH, frames: count, batchSeq: 1 });
  writeBatchHeader(header, target);
  return at;
}

interface Costs {
  readonly [name: string]: number;
}

function measure(payloadBytes: number): { frames: number; costs: Costs } {
  const source = new Uint8Array(BATCH_BYTES_MAX);
  const end = fill(payloadBytes, source);
  const batch = Buffer.from(source.subarray(0, end));
  const size = frameBytes(createFrame({ segments: [7, 9], payload: new Uint8Array(payloadBytes) }));
  const frames = (end - BATCH_HEADER_BYTES) / size;
  const target = Buffer.alloc(BATCH_BYTES_MAX);
  const reader = new BatchReader(1, EPOCH);
  const outgoing = Array.from({ length: NEIGHBOURS }, () => new Uint8Array(BATCH_BYTES_MAX));
  const ends = new Int32Array(NEIGHBOURS);
  const scratch = new Uint8Array(BATCH_BYTES_MAX);
  let sum = 0;
  const work: Record<string, () => void> = {
    copy: () => {
      for (let at = BATCH_HEADER_BYTES; at < end; at += size) batch.copy(target, at, at, at + size);
    },
    encode: () => void (sum += fill(payloadBytes, scratch)),
    decode: () => {
      if (reader.read(batch) !== null) throw new Error('refused');
      while (reader.frames.next()) sum += reader.frames.dst + reader.frames.seqLow;
    },
    relay: () => {
      ends.fill(BATCH_HEADER_BYTES);
      if (reader.read(batch) !== null) throw new Error('refused');
      const { frames: cursor } = reader;
      while (cursor.next()) {
        advanceHop(cursor, 3);
        const to = cursor.dst;
        const at = ends[to]!;
        outgoing[to]!.set(batch.subarray(cursor.at, cursor.frameEnd), at);
        ends[to] = at + cursor.length;
      }
      for (let i = 0; i < batch.length; i += size) batch[i + BATCH_HEADER_BYTES + 6] = 32;
    },
  };
  const samples: Record<string, number[]> = {};
  for (let round = -1; round < ROUNDS; round += 1) {
    for (const [name, run] of Object.entries(work)) {
      const cost = timed(frames, run);
      if (round >= 0) (samples[name] ??= []).push(cost);
    }
  }
  if (sum === 0) throw new Error('nothing was done');
  return { frames, costs: Object.fromEntries(Object.entries(samples).map(([name, values]) => [name, median(values)])) };
}

/** Two whole links, one relaying into the next: nanoseconds per frame through batches, credits, queues and acknowledgements. */
function measureLinks(payloadBytes: number): number {
  const config = { ...DEFAULT_LINK_CONFIG, inFlightBytesMin: 1 << 20 };
  const create = (epoch: number): VirtualLink => createVirtualLink({ config, random: () => 0.5, epoch });
  const [from, inbound, outbound, to] = [create(1), create(1), create(2), create(2)];
  const pairs: [VirtualLink, VirtualLink][] = [
    [from, inbound],
    [inbound, from],
    [outbound, to],
    [to, outbound],
  ];
  let nowMs = 0;
  for (const link of [from, inbound, outbound, to]) for (const lane of [0, 1, 2]) link.laneUp(lane, nowMs);
  const options = { id: 1, trafficClass: 1, isReliable: true };
  const [flow, transit] = [from.openFlow(options), outbound.openFlow(options)];
  const cursor = new FrameCursor();
  let arrived = 0;
  const turn = (): void => {
    nowMs += 0.2;
    for (const [sender, receiver] of pairs) {
      const { writes, deliveries } = sender.takeReady(nowMs);
      for (const { lane, bytes } of writes) receiver.onBatch(lane, bytes.slice(), nowMs);
      for (const { trafficClass, bytes, from: at, end } of deliveries) {
        if (sender === inbound) relay(cursor, outbound, transit, bytes, at, end, nowMs);
        else if (sender === to) {
          cursor.reset(bytes, at, end);
          while (cursor.next()) arrived += 1;
        }
        sender.release(trafficClass, end - at, nowMs);
      }
    }
    if (Math.floor(nowMs) % 10 === 0) for (const [link] of pairs) link.tick(nowMs);
  };
  for (let i = 0; i < 200; i += 1) turn();
  const frame = createFrame({ trafficClass: 1, flow: 1, payload: new Uint8Array(payloadBytes) });
  const startedAt = performance.now();
  const cpuAtStart = cpuNs();
  const first = arrived;
  while (performance.now() - startedAt < ROUND_MS * 4) {
    for (let i = 0; i < 200; i += 1) {
      frame.seqLow = (frame.seqLow + 1) >>> 0;
      if (from.trySend(flow, frame, nowMs) !== 0) break;
    }
    turn();
  }
  return (cpuNs() - cpuAtStart) / (arrived - first);
}

function relay(
  cursor: FrameCursor,
  out: VirtualLink,
  flow: Flow,
  bytes: Uint8Array,
  at: number,
  end: number,
  nowMs: number,
): void {
  cursor.reset(bytes, at, end);
  while (cursor.next()) {
    advanceHop(cursor, 3);
    if (out.trySendEncoded(flow, cursor.bytes, cursor.at, cursor.frameEnd, nowMs) !== 0)
      throw new Error('a relayed frame found no room');
  }
}

const sizes = [128, 256].map((payloadBytes) => {
  const { frames, costs } = measure(payloadBytes);
  const links = median(Array.from({ length: 5 }, () => measureLinks(payloadBytes)));
  return { payloadBytes, frames, costs: { ...costs, 'two links': links } as Costs };
});
const fuzzAtStart = cpuNs();
const fuzz = fuzzFrames(7, 200_000);
const fuzzPerSecond = Math.round((fuzz.inputs * 1e9) / (cpuNs() - fuzzAtStart));

const names = Object.keys(sizes[0]?.costs ?? {});
const labels: Record<string, string> = {
  copy: 'bare Buffer copy, frame by frame (reference)',
  encode: 'encode into a buffer that is used again',
  decode: 'check the batch and read each frame',
  relay: 'relay: check, route to one of 16 neighbours, take a hop, copy',
  'two links': 'four VirtualLink ends, one relay: send, batch, acknowledge, credit, relay, deliver',
};
const rows = names.map((name) => {
  const cells = sizes.map(({ costs }) => {
    const ratio = (costs[name] ?? 0) / (costs.copy ?? 1);
    return `${(costs[name] ?? 0).toFixed(1)} | ${ratio.toFixed(1)}`;
  });
  return `| ${labels[name]} | ${cells.join(' | ')} |`;
});
const [worst, ratio] = sizes
  .map(({ costs }): [number, number] => [costs.relay ?? 0, (costs.relay ?? 0) / (costs.copy ?? 1)])
  .reduce((one, other) => (one[1] > other[1] ? one : other));
writeResult('link', {
  passed: ratio <= RELAY_RATIO_MAX,
  summary: `relaying a frame costs ${worst.toFixed(0)} ns in the codec, ${ratio.toFixed(1)} bare copies (at most ${RELAY_RATIO_MAX})`,
  figures: { sizes, fuzzInputsPerSecond: fuzzPerSecond },
  markdown: [
    `Nanoseconds of processor time per frame, median of ${ROUNDS} rounds; \`npm run bench -- link\`.`,
    '',
    `| | ${sizes.map(({ payloadBytes }) => `${payloadBytes} B | x copy`).join(' | ')} |`,
    `|---|${sizes.map(() => '---|---').join('|')}|`,
    ...rows,
    '',
    `The fuzzer checks ${fuzzPerSecond.toLocaleString('en')} generated inputs a second of processor time.`,
  ].join('\n'),
});
process.exitCode = ratio <= RELAY_RATIO_MAX ? 0 : 1;
