import type { SeededRandom } from '../random.ts';

const NOISE_BYTES_MAX = 96;
const INTERESTING = [0, 1, 2, 0x7f, 0x80, 0xfe, 0xff] as const;

/** Bytes as a broken or hostile peer sends them: a sample with bits, bytes, lengths or parts changed, or noise. */
export function damaged(sample: () => Uint8Array, random: SeededRandom): Uint8Array {
  if (random.chance(0.06))
    return Uint8Array.from({ length: random.integer(NOISE_BYTES_MAX) }, () => random.integer(256));
  let bytes: Uint8Array = Uint8Array.from(sample());
  for (let rounds = 1 + random.integer(3); rounds > 0; rounds -= 1) bytes = changed(bytes, sample, random);
  return bytes;
}

function changed(bytes: Uint8Array, sample: () => Uint8Array, random: SeededRandom): Uint8Array {
  const at = random.integer(bytes.length + 1);
  switch (random.integer(8)) {
    case 0:
      if (at < bytes.length) bytes[at]! ^= 1 << random.integer(8);
      return bytes;
    case 1:
    case 2:
      if (at < bytes.length) bytes[at] = random.pick(INTERESTING);
      return bytes;
    case 3:
      return bytes.slice(0, at);
    case 4:
      return bytes.slice(at);
    case 5:
      return joined(bytes.subarray(0, at), Uint8Array.of(random.integer(256)), bytes.subarray(at));
    case 6: {
      const other = sample();
      return joined(bytes.subarray(0, at), other.subarray(random.integer(other.length + 1)));
    }
    default: {
      const end = at + random.integer(bytes.length - at + 1);
      return joined(bytes.subarray(0, end), bytes.subarray(at));
    }
  }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
