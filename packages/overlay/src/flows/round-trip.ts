/** Round-trip time and the timeout that follows from it (RFC 6298). */
export class RoundTrip {
  smoothedMs = 0;
  #varianceMs = 0;
  #backOff = 1;
  readonly #minMs: number;
  readonly #maxMs: number;

  constructor(minMs: number, maxMs: number) {
    this.#minMs = minMs;
    this.#maxMs = maxMs;
  }

  get timeoutMs(): number {
    const baseMs = Math.max(this.#minMs, this.smoothedMs + 4 * this.#varianceMs);
    return Math.min(this.#maxMs, baseMs * this.#backOff);
  }

  /** A measurement of a frame that was sent once. */
  sample(ms: number): void {
    this.#backOff = 1;
    if (this.smoothedMs === 0) {
      this.smoothedMs = ms;
      this.#varianceMs = ms / 2;
      return;
    }
    this.#varianceMs += (Math.abs(ms - this.smoothedMs) - this.#varianceMs) / 4;
    this.smoothedMs += (ms - this.smoothedMs) / 8;
  }

  onProgress(): void {
    this.#backOff = 1;
  }

  backOff(): void {
    this.#backOff = Math.min(this.#backOff * 2, 64);
  }
}
