import { SeededRandom } from '../random.ts';
import { damaged } from './damage.ts';
import type { FuzzedCodec, FuzzTotals, Reading } from './fuzzed-codec.ts';

const INTACT_SHARE = 0.2;
/** Every so many inputs the one at hand lies between bytes that are not its own. */
const GUARDED_EVERY = 8;
const GUARD_BYTES = 64;

export function emptyFuzzTotals(): FuzzTotals {
  return { inputs: 0, accepted: 0, refused: 0, reasons: {} };
}

/**
 * Feeds `inputs` generated inputs to a codec. What is well-formed must be taken and come out byte for byte; whatever else is
 * taken must come out alike when it is written and read again; nothing may throw, change its input, or see bytes beside it.
 * Deterministic in `seed`: input `n` is the same however many are asked for.
 * @throws Error that names codec, seed and input, with the cause
 */
export function fuzzCodec(codec: FuzzedCodec, seed: number, inputs: number, totals = emptyFuzzTotals()): FuzzTotals {
  const random = new SeededRandom(seed).fork(codec.name);
  for (let input = 0; input < inputs; input += 1) {
    const isIntact = random.chance(INTACT_SHARE);
    let bytes: Uint8Array = new Uint8Array(0);
    try {
      const sample = (): Uint8Array => codec.sample(random);
      bytes = isIntact ? sample() : damaged(sample, random);
      const reading = readOne(codec, bytes, input % GUARDED_EVERY === 0, isIntact);
      totals.inputs += 1;
      if ('again' in reading) totals.accepted += 1;
      else {
        totals.refused += 1;
        totals.reasons[reading.refused] = (totals.reasons[reading.refused] ?? 0) + 1;
      }
    } catch (cause) {
      const hex = Buffer.from(bytes.subarray(0, 200)).toString('hex');
      const replay = `npm run sim -- --fuzz ${input + 1} --codec ${codec.name} --seed ${seed}`;
      throw new Error(`${codec.name} fails at input ${input} (${hex}): ${describe(cause)}\nreplay: ${replay}`, {
        cause,
      });
    }
  }
  return totals;
}

function readOne(codec: FuzzedCodec, bytes: Uint8Array, isGuarded: boolean, isIntact: boolean): Reading {
  const before = isGuarded ? Uint8Array.from(bytes) : bytes;
  const reading = codec.read(bytes);
  if (isGuarded) {
    if (Buffer.compare(before, bytes) !== 0) throw new Error('the codec changed its input');
    for (const filler of [0, 0xff])
      assertAlike(reading, codec.read(between(bytes, filler)), 'what lies beside the input counts');
  }
  if ('refused' in reading) {
    if (isIntact) throw new Error(`a well-formed input was refused: ${reading.refused}`);
    return reading;
  }
  if ((isIntact || codec.isCanonical) && Buffer.compare(reading.again, bytes) !== 0)
    throw new Error('what was taken is written otherwise');
  assertAlike(reading, codec.read(reading.again), 'what was taken is read otherwise when it is written again');
  return reading;
}

function between(bytes: Uint8Array, filler: number): Uint8Array {
  const arena = new Uint8Array(bytes.length + 2 * GUARD_BYTES).fill(filler);
  arena.set(bytes, GUARD_BYTES);
  return arena.subarray(GUARD_BYTES, GUARD_BYTES + bytes.length);
}

function assertAlike(one: Reading, other: Reading, finding: string): void {
  const isAlike =
    'refused' in one
      ? 'refused' in other && one.refused === other.refused
      : 'again' in other && Buffer.compare(one.again, other.again) === 0;
  if (!isAlike) throw new Error(finding);
}

function describe(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
