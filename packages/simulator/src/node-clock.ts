import type { EventQueue } from './event-queue.ts';

/** The clock of one node: virtual time with an offset that can jump and a rate that can drift. */
export class NodeClock {
  readonly #queue: EventQueue;
  #rate = 1;
  #offsetMs = 0;
  #sinceMs = 0;
  #baseMs = 0;

  constructor(queue: EventQueue) {
    this.#queue = queue;
  }

  /** What this node takes for the time since its start of the world, in milliseconds. */
  get nowMs(): number {
    return this.#baseMs + (this.#queue.nowMs - this.#sinceMs) * this.#rate + this.#offsetMs;
  }

  /** Real milliseconds until `localMs` of this clock have passed. */
  realMs(localMs: number): number {
    return localMs / this.#rate;
  }

  /** From now on the clock runs `rate` times as fast as the world. */
  drift(rate: number): void {
    this.#baseMs += (this.#queue.nowMs - this.#sinceMs) * this.#rate;
    this.#sinceMs = this.#queue.nowMs;
    this.#rate = rate;
  }

  jump(byMs: number): void {
    this.#offsetMs += byMs;
  }
}
