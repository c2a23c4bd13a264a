const U32 = 0x1_0000_0000;

/*
 * Plain byte arithmetic: a DataView per message would be an object per message, and BigInt is slow. Callers have checked
 * that the offsets lie inside the buffer.
 */

export function readU16(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8);
}

export function readU32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

export function readU48(bytes: Uint8Array, at: number): number {
  return readU32(bytes, at) + readU16(bytes, at + 4) * U32;
}

export function writeU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
}

export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

export function writeU48(bytes: Uint8Array, at: number, value: number): void {
  writeU32(bytes, at, value % U32);
  writeU16(bytes, at + 4, Math.floor(value / U32));
}

/** Copies without making a view: short runs by hand, since a call into the engine costs more than they do. */
export function copyBytes(source: Uint8Array, from: number, to: number, target: Uint8Array, at: number): void {
  const length = to - from;
  if (length <= COPY_BY_HAND_BYTES_MAX) {
    for (let i = 0; i < length; i += 1) target[at + i] = source[from + i]!;
    return;
  }
  target.set(source.subarray(from, to), at);
}

const COPY_BY_HAND_BYTES_MAX = 96;
