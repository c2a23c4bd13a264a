const SMALLEST_BITS = 12;
const LARGEST_BITS = 16;
const KEPT_PER_SIZE = 64;

/**
 * Buffers for messages of 4 to 64 KiB, in powers of two, used again when they are given back. Memory outside the heap that is
 * allocated for every message makes the collector mark the whole heap every 64 MiB of traffic.
 */
export class MessageBuffers {
  readonly #free: ArrayBuffer[][] = Array.from({ length: LARGEST_BITS + 1 }, () => []);

  /** A buffer of `length` bytes that begins on a multiple of eight; what is in it is not cleared. */
  take(length: number): Uint8Array {
    if (length <= 1 << (SMALLEST_BITS - 1) || length > 1 << LARGEST_BITS) return Buffer.allocUnsafe(length);
    const bits = Math.max(SMALLEST_BITS, 32 - Math.clz32(length - 1));
    const buffer = this.#free[bits]!.pop() ?? Buffer.allocUnsafeSlow(1 << bits).buffer;
    return new Uint8Array(buffer, 0, length);
  }

  /** Takes back a buffer of `take` that nothing refers to any more. Others are left to the collector. */
  give({ buffer, byteOffset, length }: Uint8Array): void {
    const bits = 31 - Math.clz32(buffer.byteLength);
    if (byteOffset !== 0 || length <= 1 << (SMALLEST_BITS - 1) || buffer.byteLength !== 1 << bits) return;
    const free = this.#free[bits];
    if (bits >= SMALLEST_BITS && free !== undefined && free.length < KEPT_PER_SIZE) free.push(buffer as ArrayBuffer);
  }
}
