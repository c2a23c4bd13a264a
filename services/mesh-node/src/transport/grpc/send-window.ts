/** Batches of one connection from `send` to their acknowledgement, over as many streams as it takes. */
export class SendWindow {
  /** Of batches that wait to be put on a stream. */
  waitingBytes = 0;
  /** Acknowledged since the connection stands. */
  ackedBytes = 0;
  readonly #waiting: Uint8Array[] = [];
  readonly #unacked: Uint8Array[] = [];
  readonly #unackedBytesMax: number;
  #unackedBytes = 0;
  #acked = 0;
  /** How many of the unacknowledged ones are on the stream that stands. */
  #onStream = 0;

  constructor(unackedBytesMax: number) {
    this.#unackedBytesMax = unackedBytesMax;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Nothing waits, and nothing is unacknowledged. */
  get isEmpty(): boolean {
    return this.#waiting.length === 0 && this.#unacked.length === 0;
  }

  push(batch: Uint8Array): void {
    this.#waiting.push(batch);
    this.waitingBytes += batch.length;
  }

  /**
   * The next batch for the stream, or null. New ones are copied: their sender may use the bytes again once the other side's
   * link has them, which can be before the stream's acknowledgement is here.
   */
  next(): Uint8Array | null {
    const again = this.#unacked[this.#onStream];
    if (again === undefined && this.#unackedBytes >= this.#unackedBytesMax) return null;
    const batch = again ?? this.#copyOfNext();
    if (batch !== null) this.#onStream += 1;
    return batch;
  }

  /** Every batch up to this one has arrived. False for a number that cannot be. */
  acknowledge(cumulative: bigint): boolean {
    const count = Number(cumulative) - this.#acked;
    if (!(count >= 0) || count > this.#unacked.length) return false;
    for (const batch of this.#unacked.splice(0, count)) {
      this.#unackedBytes -= batch.length;
      this.ackedBytes += batch.length;
    }
    this.#acked += count;
    this.#onStream = Math.max(0, this.#onStream - count);
    return true;
  }

  /** Another stream: all that is unacknowledged goes again. */
  rewind(): void {
    this.#onStream = 0;
  }

  #copyOfNext(): Uint8Array | null {
    const batch = this.#waiting.shift();
    if (batch === undefined) return null;
    const copy = batch.slice();
    this.waitingBytes -= copy.length;
    this.#unackedBytes += copy.length;
    this.#unacked.push(copy);
    return copy;
  }
}
