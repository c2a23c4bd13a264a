/** Opcodes of RFC 6455 5.2. */
export const Opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export const FIN = 0x80;
export const RESERVED_BITS = 0x70;
export const MASKED = 0x80;
export const LENGTH_16 = 126;
export const LENGTH_64 = 127;
export const MASK_BYTES = 4;
export const CONTROL_BYTES_MAX = 125;
/** Two bytes, a length of eight and a mask. */
export const HEADER_BYTES_MAX = 14;

/** Bytes of the header of a frame. */
export function headerBytes(length: number, isMasked: boolean): number {
  const mask = isMasked ? MASK_BYTES : 0;
  if (length < LENGTH_16) return 2 + mask;
  return (length < 0x1_0000 ? 4 : 10) + mask;
}

/** Writes the header of a whole message; `mask` is four bytes, or null for none. */
export function writeHeader(
  target: Uint8Array,
  at: number,
  opcode: number,
  length: number,
  mask: Uint8Array | null,
): void {
  target[at] = FIN | opcode;
  const masked = mask === null ? 0 : MASKED;
  let next = at + 2;
  if (length < LENGTH_16) target[at + 1] = masked | length;
  else if (length < 0x1_0000) {
    target[at + 1] = masked | LENGTH_16;
    target[next] = length >>> 8;
    target[next + 1] = length;
    next += 2;
  } else {
    target[at + 1] = masked | LENGTH_64;
    target.fill(0, next, next + 4);
    for (let i = 0; i < 4; i += 1) target[next + 4 + i] = length >>> (24 - 8 * i);
    next += 8;
  }
  if (mask !== null) target.set(mask, next);
}

/** XORs `bytes` with the mask, as masking and unmasking do; by words where `bytes` begin on a multiple of four. */
export function applyMask(bytes: Uint8Array, mask: Uint8Array): void {
  const isAligned = bytes.byteOffset % 4 === 0;
  const words = isAligned ? bytes.length >>> 2 : 0;
  if (words > 0) {
    MASK.set(mask);
    const [word] = MASK_WORD;
    const view = new Int32Array(bytes.buffer, bytes.byteOffset, words);
    for (let i = 0; i < words; i += 1) view[i]! ^= word!;
  }
  for (let i = 4 * words; i < bytes.length; i += 1) bytes[i]! ^= mask[i & 3]!;
}

const MASK_WORD = new Int32Array(1);
const MASK = new Uint8Array(MASK_WORD.buffer);
