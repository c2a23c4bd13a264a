import { readU32 } from '../wire/bytes.ts';

const FIRST_BYTES = 1024;
/** A buffer of more than 64 KiB is given up when it was emptied so often in a row without a quarter of it being used. */
const LAVISH_MAX = 64;

/** Encoded frames waiting in one flow: contiguous, so that a frame is never split. Grows by doubling, never over its bound. */
export class ByteQueue {
  bytes = EMPTY;
  head = 0;
  tail = 0;
  #lavish = 0;

  get size(): number {
    return this.tail - this.head;
  }

  /** Length of the frame at the head; 0 when empty. */
  get frameBytes(): number {
    return this.frameBytesAfter(0);
  }

  /** Length of the frame that begins `offset` bytes behind the head; 0 when there is none. */
  frameBytesAfter(offset: number): number {
    return this.head + offset === this.tail ? 0 : readU32(this.bytes, this.head + offset);
  }

  /** Makes room for `length` bytes and returns where they go; the caller writes them there. */
  extend(length: number): number {
    if (this.tail + length > this.bytes.length) this.#makeRoom(length);
    const at = this.tail;
    this.tail += length;
    return at;
  }

  /** Takes `length` bytes off the head. */
  discard(length: number): void {
    this.head += length;
    if (this.head !== this.tail) return;
    this.#lavish = this.tail > this.bytes.length >>> 2 ? 0 : this.#lavish + 1;
    this.head = 0;
    this.tail = 0;
    if (this.bytes.length > 64 * FIRST_BYTES && this.#lavish >= LAVISH_MAX) this.bytes = EMPTY;
  }

  #makeRoom(length: number): void {
    const { size, bytes } = this;
    if (size + length <= bytes.length && this.head >= bytes.length >>> 1) {
      bytes.copyWithin(0, this.head, this.tail);
    } else {
      let capacity = Math.max(FIRST_BYTES, bytes.length);
      while (capacity < size + length) capacity *= 2;
      const larger = new Uint8Array(capacity);
      larger.set(bytes.subarray(this.head, this.tail));
      this.bytes = larger;
    }
    this.head = 0;
    this.tail = size;
  }
}

const EMPTY = new Uint8Array(0);
