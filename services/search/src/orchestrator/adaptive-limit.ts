/** Bounds of an {@link AdaptiveLimit}. */
export interface AdaptiveLimitOptions {
  readonly min: number;
  readonly max: number;
  /** What a timeout leaves of the limit. */
  readonly backoff: number;
}

/**
 * How many calls a backend is given at once: one more after as many answers in time as the limit allows, a tenth less
 * after a timeout (additive increase, multiplicative decrease, as TCP has it). Calls beyond are refused, not queued: what
 * a backend cannot answer in time would only make the others late.
 */
export class AdaptiveLimit {
  readonly #options: AdaptiveLimitOptions;
  #limit: number;
  #inFlight = 0;

  constructor(options: AdaptiveLimitOptions) {
    this.#options = options;
    this.#limit = options.max;
  }

  get limit(): number {
    return Math.floor(this.#limit);
  }

  /** Whether one more call may start; if so {@link release} must follow. */
  acquire(): boolean {
    if (this.#inFlight >= this.limit) return false;
    this.#inFlight += 1;
    return true;
  }

  /** A call is over; `other` says nothing about the load. */
  release(outcome: 'in_time' | 'late' | 'other'): void {
    const wasFull = this.#inFlight >= this.limit / 2;
    this.#inFlight -= 1;
    const { min, max, backoff } = this.#options;
    if (outcome === 'late') this.#limit = Math.max(min, this.#limit * backoff);
    else if (outcome === 'in_time' && wasFull) this.#limit = Math.min(max, this.#limit + 1 / this.#limit);
  }
}
