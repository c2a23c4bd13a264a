/**
 * The head of a reliable frame's payload: `u32 epoch of the receiver, u8 part, u24 generation`. A frame made for an earlier
 * life of the receiver says so itself, whatever it went through on the way; the generation tells flows to a node that was
 * evicted and admitted again from those before.
 */
export const PART_HEADER_BYTES = 8;

/** How a frame's payload lies in its message. */
export const Part = {
  whole: 0,
  first: 1,
  middle: 2,
  last: 3,
  /** Carries nothing and has no sequence number: asks for an acknowledgement. */
  probe: 4,
} as const;
export type Part = (typeof Part)[keyof typeof Part];
export const PARTS_KNOWN = 4;

const GENERATION_MASK = 0xff_ffff;

/** Writes the head at `at`, all of it but the part. */
export function writePartHead(bytes: Uint8Array, at: number, receiverEpoch: number, generation: number): void {
  writeLittleEndian(bytes, at, receiverEpoch, 4);
  writeLittleEndian(bytes, at + 5, generation & GENERATION_MASK, 3);
}

export function receiverEpochAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

export function generationAt(bytes: Uint8Array, at: number): number {
  return bytes[at + 5]! | (bytes[at + 6]! << 8) | (bytes[at + 7]! << 16);
}

function writeLittleEndian(bytes: Uint8Array, at: number, value: number, length: number): void {
  for (let index = 0; index < length; index += 1) bytes[at + index] = value >>> (8 * index);
}
