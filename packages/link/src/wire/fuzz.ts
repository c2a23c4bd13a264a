import { BatchHeader, BatchReader, writeBatchHeader } from './batch.ts';
import { writeU32 } from './bytes.ts';
import { BATCH_BYTES_MAX, BATCH_HEADER_BYTES } from './format.ts';
import { fragment, Reassembler } from './fragments.ts';
import { createFrame, frameBytes, writeFrame } from './frame-writer.ts';
import { decodeHello, encodeHello } from './hello.ts';
import { advanceHop } from './relay.ts';

/** What a run of the fuzzer saw. */
export interface FuzzReport {
  readonly inputs: number;
  readonly accepted: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly frames: number;
}

const EPOCH = 0x5eed;
const GUARDED_EVERY = 512;
const HELD_BYTES_MAX = 1 << 18;

/**
 * Feeds `n` generated inputs to every decoder of the wire: well-formed batches and HELLOs, mutated ones (bits, bytes,
 * lengths, cuts, splices) and noise. Throws an Error naming the seed and the input's number if a decoder throws, reads or
 * claims bytes outside the input, refuses a well-formed input, or does not end. Deterministic in `seed`.
 */
export function fuzzFrames(seed: number, n: number): FuzzReport {
  const fuzzer = new Fuzzer(seed);
  for (let input = 0; input < n; input += 1) {
    try {
      fuzzer.run();
    } catch (cause) {
      throw new Error(`fuzzFrames(${seed}, ${input + 1}) fails at input ${input}`, { cause });
    }
  }
  return fuzzer.report();
}

class Fuzzer {
  readonly #arena = new Uint8Array(BATCH_BYTES_MAX + 1024);
  readonly #reader = new BatchReader(1, EPOCH);
  readonly #reassembler = new Reassembler({ messageBytesMax: 1 << 18, bytesMax: HELD_BYTES_MAX, timeoutMs: 500 });
  readonly #header = new BatchHeader();
  readonly #refused = new Map<string, number>();
  #state: number;
  #inputs = 0;
  #accepted = 0;
  #frames = 0;

  constructor(seed: number) {
    this.#state = (seed ^ 0x9e37_79b9) >>> 0 || 1;
  }

  run(): void {
    this.#inputs += 1;
    const kind = this.#below(16);
    if (kind === 0) return this.#hello();
    const length = kind === 1 ? this.#noise() : this.#batch();
    const isIntact = kind > 1 && kind < 6;
    const cut = isIntact || kind === 1 ? length : this.#mutate(length);
    this.#check(cut, isIntact);
  }

  report(): FuzzReport {
    const refused = Object.fromEntries([...this.#refused].sort(([a], [b]) => (a < b ? -1 : 1)));
    return { inputs: this.#inputs, accepted: this.#accepted, refused, frames: this.#frames };
  }

  #check(length: number, isIntact: boolean): void {
    const view = this.#arena.subarray(0, length);
    const bytes = this.#inputs % GUARDED_EVERY === 0 ? guarded(view) : view;
    const refusal = this.#reader.read(bytes);
    if (refusal !== null) {
      if (isIntact) throw new Error(`a well-formed batch was refused: ${refusal}`);
      return this.#count(refusal);
    }
    this.#accepted += 1;
    const { frames, header } = this.#reader;
    let end = BATCH_HEADER_BYTES;
    let count = 0;
    while (frames.next()) {
      count += 1;
      const isInside = frames.at === end && frames.payloadAt >= frames.at + 32 && frames.frameEnd <= length;
      if (!isInside || frames.payloadAt > frames.frameEnd) throw new Error(`frame ${count} is outside its batch`);
      end = frames.frameEnd;
      if (frames.segmentCount > 0 && frames.segment(frames.segmentCount - 1) === undefined) throw new Error('segment');
      if ((frames.flags & 4) !== 0 && this.#reassembler.add(frames, this.#inputs) === null) {
        if (this.#reassembler.refusal !== null) this.#count(this.#reassembler.refusal);
      }
      advanceHop(frames, frames.nextSegment);
    }
    if (count !== header.frames || end !== length) throw new Error(`${count} frames of ${header.frames} to ${end}`);
    if (this.#reassembler.heldBytes > HELD_BYTES_MAX) throw new Error('the reassembler holds more than it may');
    this.#reassembler.expire(this.#inputs);
    this.#frames += count;
    if (this.#reader.read(bytes) !== null) throw new Error('a relayed batch was refused');
  }

  #batch(): number {
    const count = this.#below(6);
    let at = BATCH_HEADER_BYTES;
    let frames = 0;
    for (let i = 0; i < count; i += 1) {
      const size = this.#below(20) === 0 ? this.#below(9000) : this.#below(200);
      const frame = createFrame({
        type: 1 + this.#below(255),
        flags: this.#below(4) * 8,
        ttl: 1 + this.#below(255),
        trafficClass: this.#below(3),
        dst: this.#next(),
        src: this.#next(),
        flow: this.#below(3),
        path: this.#below(1 << 24),
        keyEpoch: this.#below(256),
        segments: this.#below(3) === 0 ? Array.from({ length: 1 + this.#below(32) }, () => this.#next()) : [],
        trace: this.#below(4) === 0 ? new Uint8Array(24).fill(this.#below(256)) : new Uint8Array(0),
        payload: this.#arena.slice(0, size),
      });
      const wire = this.#below(50) === 0 ? this.#someFragment(frame) : frame;
      if (at + frameBytes(wire) > BATCH_BYTES_MAX) continue;
      at = writeFrame(wire, this.#arena, at);
      frames += 1;
    }
    const counters = { batchSeq: frames, cumulativeAck: this.#next(), creditBytes: this.#next() };
    Object.assign(this.#header, { version: 1, lane: this.#below(16), linkEpoch: EPOCH, frames, ...counters });
    writeBatchHeader(this.#header, this.#arena);
    return at;
  }

  #someFragment(frame: ReturnType<typeof createFrame>): ReturnType<typeof createFrame> {
    const payload = new Uint8Array(33_000 + this.#below(40_000));
    const parts = fragment({ ...frame, payload, src: this.#below(2) }, this.#below(2));
    return parts[this.#below(parts.length)]!;
  }

  #noise(): number {
    const length = this.#below(4) === 0 ? this.#below(this.#arena.length) : this.#below(160);
    for (let i = 0; i < length; i += 1) this.#arena[i] = this.#next();
    if (this.#below(2) === 0 && length >= 8) {
      this.#arena[0] = 1;
      this.#arena[1] = 0;
      writeU32(this.#arena, 4, EPOCH);
    }
    return length;
  }

  #mutate(length: number): number {
    const times = 1 + this.#below(4);
    let end = length;
    for (let i = 0; i < times; i += 1) {
      const at = this.#below(4) === 0 ? this.#below(Math.max(1, end)) : this.#below(Math.max(1, Math.min(end, 64)));
      const kind = this.#below(6);
      if (kind === 0) this.#arena[at] = this.#arena[at]! ^ (1 << this.#below(8));
      else if (kind === 1) this.#arena[at] = this.#next();
      else if (kind === 2) end = this.#below(end + 1);
      else if (kind === 3) end = Math.min(this.#arena.length, end + this.#below(80));
      else if (kind === 4 && end >= at + 4) writeU32(this.#arena, at, EDGES[this.#below(EDGES.length)]!);
      else this.#arena.copyWithin(at, this.#below(end + 1), end);
    }
    return end;
  }

  #hello(): void {
    const bytes = encodeHello({
      versionMin: this.#below(4),
      versionMax: this.#below(4),
      features: this.#next(),
      lane: this.#below(18),
      role: this.#below(2) === 0 ? 'initiator' : 'responder',
      incarnation: this.#next(),
      creditBytes: [1, 2, 3],
      nodeId: new Uint8Array(32).fill(this.#below(256)),
      nonce: new Uint8Array(16),
    });
    if (this.#below(2) === 0) bytes[this.#below(bytes.length)] = this.#next();
    const answer = decodeHello(bytes.subarray(0, this.#below(3) === 0 ? this.#below(bytes.length) : bytes.length));
    if (typeof answer === 'string') this.#count(`hello ${answer}`);
    else this.#accepted += 1;
  }

  #count(reason: string): void {
    this.#refused.set(reason, (this.#refused.get(reason) ?? 0) + 1);
  }

  #below(limit: number): number {
    return this.#next() % limit;
  }

  /** xorshift32 (Marsaglia 2003). */
  #next(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x >>> 0;
    return this.#state;
  }
}

const EDGES = [0, 1, 31, 32, 33, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 65_536, 32_768, 32_769, 33_000];

/** The same bytes behind a guard that throws when an index outside of them is touched. */
function guarded(bytes: Uint8Array): Uint8Array {
  return new Proxy(bytes, {
    get(target, key) {
      if (typeof key === 'string' && /^\d+$/.test(key) && Number(key) >= target.length)
        throw new Error(`read at ${key}`);
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
    set(target, key, value) {
      if (typeof key === 'string' && /^\d+$/.test(key) && Number(key) >= target.length)
        throw new Error(`write at ${key}`);
      return Reflect.set(target, key, value, target);
    },
  });
}
