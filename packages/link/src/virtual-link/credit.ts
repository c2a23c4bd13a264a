/*
 * Credit is cumulative and modulo 2^32: a grant says how much may have been sent since the beginning, so grants may be
 * lost, repeated and overtaken. The same pair serves a hop (per class) and a flow from end to end.
 */

/** The sending side: what may be sent, never more than was granted. */
export class CreditSender {
  #limit: number;
  #used = 0;

  constructor(initialBytes: number) {
    this.#limit = initialBytes >>> 0;
  }

  /** Bytes that may be sent now; never negative. */
  get available(): number {
    return (this.#limit - this.#used) | 0;
  }

  /** Uses `bytes` of the credit, or none of it and returns false when there is less. */
  take(bytes: number): boolean {
    if (bytes > this.available) return false;
    this.#used = (this.#used + bytes) >>> 0;
    return true;
  }

  /** Undoes a `take` whose bytes will not be sent after all. */
  giveBack(bytes: number): void {
    this.#used = (this.#used - bytes) >>> 0;
  }

  /** Takes note of a grant; an older or impossible one changes nothing. True when there is more credit than before. */
  grant(limit: number): boolean {
    const more = (limit - this.#limit) | 0;
    if (more <= 0 || ((limit - this.#used) | 0) < 0) return false;
    this.#limit = limit >>> 0;
    return true;
  }
}

/** The receiving side: grants as much again as was released. */
export class CreditReceiver {
  readonly windowBytes: number;
  /** Received and not yet released; never over the window, never negative. */
  heldBytes = 0;
  #released = 0;
  #announced = 0;

  constructor(windowBytes: number) {
    this.windowBytes = windowBytes;
    this.#announced = windowBytes;
  }

  /** The grant to send: cumulative, modulo 2^32. */
  get limit(): number {
    return (this.#released + this.windowBytes) >>> 0;
  }

  /** True when the other side knows of so little that it should be told. */
  get isAnnouncementDue(): boolean {
    return ((this.limit - this.#announced) | 0) >= this.windowBytes >>> 2;
  }

  /** The limit, now known to be told. */
  announce(): number {
    this.#announced = this.limit;
    return this.limit;
  }

  /** Counts what arrived; false when the sender had no credit for it. */
  receive(bytes: number): boolean {
    if (this.heldBytes + bytes > this.windowBytes) return false;
    this.heldBytes += bytes;
    return true;
  }

  /** Gives back what has been passed on. Throws a RangeError for more than is held: credit would be made of nothing. */
  release(bytes: number): void {
    if (bytes > this.heldBytes) throw new RangeError(`release of ${bytes} bytes with ${this.heldBytes} held`);
    this.heldBytes -= bytes;
    this.#released = (this.#released + bytes) >>> 0;
  }
}
