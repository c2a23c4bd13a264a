const BURST = 10;

/** Lets retries be a bounded share of requests, so that an outage is not multiplied. Starts with a small reserve. */
export class RetryBudget {
  readonly #ratio: number;
  #tokens: number;

  constructor(ratio: number) {
    this.#ratio = ratio;
    this.#tokens = ratio > 0 ? BURST : 0;
  }

  /** Every first attempt earns its share of a retry. */
  earn(): void {
    this.#tokens = Math.min(BURST, this.#tokens + this.#ratio);
  }

  /** Whether one more retry may happen now. */
  spend(): boolean {
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
