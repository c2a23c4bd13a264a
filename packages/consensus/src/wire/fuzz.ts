import { decodeFrame, type FrameRefusal } from './frame.ts';
import { encodeFrame } from './frame-writer.ts';
import { sampleMessage } from './sample-messages.ts';

/** What a run of the fuzzer saw. */
export interface FrameFuzzReport {
  readonly inputs: number;
  readonly accepted: number;
  readonly refused: Readonly<Partial<Record<FrameRefusal, number>>>;
  readonly messages: number;
}

/**
 * Feeds `n` frames to the decoder: well-formed ones, mutated ones (bits, bytes, cuts, splices) and noise. Whatever is accepted is
 * encoded and decoded again and must come out equal. Deterministic in `seed`.
 * @throws Error naming seed and number of the input when the decoder throws, refuses what is well-formed, or is inconsistent
 */
export function fuzzRaftFrames(seed: number, n: number): FrameFuzzReport {
  const random = xorshift(seed);
  const refused: Partial<Record<FrameRefusal, number>> = {};
  let accepted = 0;
  let messages = 0;
  for (let input = 0; input < n; input += 1) {
    try {
      const isIntact = random() < 0.2;
      const bytes = isIntact ? sampleFrame(random) : damagedFrame(random);
      const decoded = decodeFrame(bytes);
      if ('refused' in decoded) {
        if (isIntact) throw new Error(`a well-formed frame was refused: ${decoded.refused}`);
        refused[decoded.refused] = (refused[decoded.refused] ?? 0) + 1;
        continue;
      }
      accepted += 1;
      messages += decoded.messages.length;
      checkAgain(decoded);
    } catch (cause) {
      throw new Error(`fuzzRaftFrames(${seed}, ${input + 1}) fails at input ${input}`, { cause });
    }
  }
  return { inputs: n, accepted, refused, messages };
}

function checkAgain(decoded: Exclude<ReturnType<typeof decodeFrame>, { refused: FrameRefusal }>): void {
  const encode = ({ from, to, messages }: typeof decoded): Uint8Array => encodeFrame(from, to, messages);
  if (decoded.messages.length === 0) return;
  const once = encode(decoded);
  const again = decodeFrame(once);
  if ('refused' in again) throw new Error(`what was accepted is refused when it is encoded again: ${again.refused}`);
  if (Buffer.compare(once, encode(again)) !== 0)
    throw new Error('what was accepted is not the same when decoded again');
}

function sampleFrame(random: () => number): Uint8Array {
  const [from, to] = [1 + Math.floor(random() * 1000), 1 + Math.floor(random() * 0xffff_fffe)];
  const count = 1 + Math.floor(random() * 6);
  return encodeFrame(
    from,
    to,
    Array.from({ length: count }, () => sampleMessage(random, from, to)),
  );
}

function damagedFrame(random: () => number): Uint8Array {
  const below = (limit: number): number => Math.floor(random() * limit);
  if (random() < 0.1) return Uint8Array.from({ length: below(64) }, (_, at) => (at === 0 ? 1 : below(256)));
  const bytes = sampleFrame(random);
  if (random() < 0.3) return Buffer.concat([bytes.subarray(0, below(bytes.length)), sampleFrame(random)]);
  for (let flips = below(4); flips > 0; flips -= 1) bytes[below(bytes.length)] = below(256);
  return random() < 0.5 ? bytes : bytes.subarray(0, below(bytes.length + 1));
}

function xorshift(seed: number): () => number {
  let state = (seed ^ 0x9e37_79b9) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
