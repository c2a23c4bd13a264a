import { BATCH_BYTES_MAX } from '../wire/format.ts';

const SMALLEST_BITS = 9;
const KEPT_PER_SIZE = 64;

/** Buffers for batches in powers of two from 512 bytes to 64 KiB, used again when a batch is done; links may share one. */
export class BatchPool {
  readonly #free: Uint8Array[][] = [];

  take(bytes: number): Uint8Array {
    const size = sizeClass(bytes);
    return this.#free[size]?.pop() ?? new Uint8Array(Math.min(BATCH_BYTES_MAX, 1 << (size + SMALLEST_BITS)));
  }

  /** Takes back a buffer that nobody holds any more. */
  give(buffer: Uint8Array): void {
    const free = (this.#free[sizeClass(buffer.length)] ??= []);
    if (free.length < KEPT_PER_SIZE) free.push(buffer);
  }
}

function sizeClass(bytes: number): number {
  return Math.max(0, 32 - Math.clz32(bytes - 1) - SMALLEST_BITS);
}
