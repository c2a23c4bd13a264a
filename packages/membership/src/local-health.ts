/**
 * How far this member may trust its own observations (Lifeguard, "local health awareness"): 0 is healthy; every timeout
 * is stretched by `factor`. Its own probes move the score; the delay of the event loop puts a floor under it.
 */
export class LocalHealth {
  readonly #max: number;
  readonly #delayStepMs: number;
  #score = 0;
  #floor = 0;

  constructor(max: number, delayStepMs: number) {
    this.#max = max;
    this.#delayStepMs = delayStepMs;
  }

  get score(): number {
    return Math.max(this.#score, this.#floor);
  }

  get factor(): number {
    return this.score + 1;
  }

  adjust(by: number): void {
    this.#score = Math.min(this.#max, Math.max(0, this.#score + by));
  }

  observe(eventLoopDelayMs: number): void {
    this.#floor = Math.min(this.#max, Math.max(0, Math.floor(eventLoopDelayMs / this.#delayStepMs)));
  }
}
