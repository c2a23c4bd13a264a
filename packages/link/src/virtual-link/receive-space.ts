import { BATCH_HEADER_BYTES } from '../wire/format.ts';

/** Takes the batches of one sequence in order and once, whichever connections they come over. */
export class ReceiveSpace {
  /** Every batch up to here has been taken. */
  taken = 0;
  duplicates = 0;
  heldBytes = 0;
  /** Received since the last acknowledgement was sent. */
  unackedBytes = 0;
  /** When the oldest of these came; infinite for none. */
  unackedSinceMs = Number.POSITIVE_INFINITY;
  readonly #held = new Map<number, Uint8Array>();
  readonly #heldBytesMax: number;

  constructor(heldBytesMax: number) {
    this.#heldBytesMax = heldBytesMax;
  }

  /** True when this batch was received before. */
  isDuplicate(seq: number): boolean {
    return seq <= this.taken || this.#held.has(seq);
  }

  /** True when the batch is the next in order or can be kept until it is. */
  hasRoomFor(seq: number, length: number): boolean {
    return seq === this.taken + 1 || this.heldBytes + length - BATCH_HEADER_BYTES <= this.#heldBytesMax;
  }

  /** Keeps a batch that came before its predecessors. */
  hold(seq: number, bytes: Uint8Array): void {
    this.#held.set(seq, bytes);
    this.heldBytes += bytes.length - BATCH_HEADER_BYTES;
  }

  /** The next batch in order among those held, now taken, or null. */
  takeHeld(): Uint8Array | null {
    const bytes = this.#held.get(this.taken + 1);
    if (bytes === undefined) return null;
    this.#held.delete(this.taken + 1);
    this.heldBytes -= bytes.length - BATCH_HEADER_BYTES;
    this.taken += 1;
    return bytes;
  }

  /** An acknowledgement has become due. */
  owe(length: number, nowMs: number): void {
    this.unackedBytes += length - BATCH_HEADER_BYTES;
    if (this.unackedSinceMs > nowMs) this.unackedSinceMs = nowMs;
  }

  /** An acknowledgement is being sent. */
  acknowledge(): number {
    this.unackedBytes = 0;
    this.unackedSinceMs = Number.POSITIVE_INFINITY;
    return this.taken;
  }
}
