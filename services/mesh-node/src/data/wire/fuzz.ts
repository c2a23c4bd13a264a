import { isDeepStrictEqual } from 'node:util';
import { decodeMessage, encodeMessage } from './codec.ts';
import type { DataMessage, WireRecord } from './message.ts';

/** What a run of the fuzzer saw. */
export interface DataFuzzReport {
  readonly inputs: number;
  readonly accepted: number;
  readonly refused: Readonly<Record<string, number>>;
}

/**
 * Feeds `n` generated inputs to the decoder: well-formed messages, mutated ones (bits, lengths, cuts, additions) and noise.
 * Throws an Error naming the seed and the input's number if the decoder throws, refuses a well-formed message, reads one as
 * another, or accepts bytes that are no encoding of what it read. Deterministic in `seed`.
 */
export function fuzzDataMessages(seed: number, n: number): DataFuzzReport {
  const random = generator(seed);
  const refused: Record<string, number> = {};
  let accepted = 0;
  for (let input = 0; input < n; input += 1) {
    try {
      const result = feed(random);
      if (result === null) accepted += 1;
      else refused[result] = (refused[result] ?? 0) + 1;
    } catch (cause) {
      throw new Error(`fuzzDataMessages(${seed}, ${input + 1}) fails at input ${input}`, { cause });
    }
  }
  return { inputs: n, accepted, refused };
}

type Random = (below: number) => number;

/** @returns why the input was refused, or null when it was accepted */
function feed(random: Random): string | null {
  const kind = random(8);
  if (kind === 0) return check(noise(random, random(200)), null);
  const message = messageOf(random);
  const bytes = encodeMessage(message);
  return kind < 3 ? check(bytes, message) : check(mutated(random, bytes), null);
}

function check(bytes: Buffer, expected: DataMessage | null): string | null {
  const decoded = decodeMessage(bytes);
  if (expected !== null && !isDeepStrictEqual(decoded, expected)) throw new Error(`read as ${JSON.stringify(decoded)}`);
  if (typeof decoded === 'string') return decoded;
  if (!encodeMessage(decoded).equals(bytes)) throw new Error('accepted what is no encoding of it');
  return null;
}

function mutated(random: Random, bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  switch (random(4)) {
    case 0:
      return copy.subarray(0, random(copy.length));
    case 1:
      return Buffer.concat([copy, noise(random, 1 + random(20))]);
    case 2:
      for (let flips = 1 + random(4); flips > 0; flips -= 1) {
        const at = random(copy.length);
        copy[at] = (copy[at] as number) ^ (1 << random(8));
      }
      return copy;
    default:
      copy[random(copy.length)] = [0, 1, 0x7f, 0x80, 0xff][random(5)] as number;
      return copy;
  }
}

function messageOf(random: Random): DataMessage {
  const version = { epoch: random(2 ** 32) * 2 ** 20, version: random(1000) };
  switch (random(7)) {
    case 0: {
      const previous = random(2 ** 30) * 2 ** 20;
      const records = recordsOf(random, previous);
      return { kind: 'records', topic: topicOf(random), isBase: random(2) === 1, previous, records };
    }
    case 1:
      return { kind: 'transient', topic: topicOf(random), records: recordsOf(random, -1) };
    case 2:
      return { kind: 'ack', topic: topicOf(random), isRefusal: random(2) === 1, mark: random(2 ** 32) };
    case 3:
      return { kind: 'interest-delta', ...version, added: topicsOf(random), removed: topicsOf(random) };
    case 4:
      return { kind: 'interest-digest', ...version, count: random(100), hash: random(2 ** 32) };
    case 5:
      return { kind: 'interest-request' };
    default: {
      const parts = 1 + random(5);
      return { kind: 'interest-set', ...version, part: random(parts), parts, topics: topicsOf(random) };
    }
  }
}

function recordsOf(random: Random, previous: number): WireRecord[] {
  let seq = previous;
  return Array.from({ length: 1 + random(8) }, () => {
    seq += 1 + random(3);
    const payload = noise(random, random(64));
    return { seq, timeMs: random(2 ** 32), priority: random(3) as WireRecord['priority'], payload };
  });
}

const topicsOf = (random: Random): string[] => Array.from({ length: random(6) }, () => topicOf(random));
const topicOf = (random: Random): string =>
  ['a', 'weather/zürich', 'x'.repeat(200), 'a.b-c_d~e:f'][random(4)] as string;
const noise = (random: Random, length: number): Buffer => Buffer.from(Array.from({ length }, () => random(256)));

/** Mulberry32: 32 bits of state, good enough to choose inputs. */
function generator(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000) * below);
  };
}
