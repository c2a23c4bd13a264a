import { performance } from 'node:perf_hooks';

/** What {@link LinkPace} reads: how long the thread has waited and worked, and the time, all in milliseconds. */
export interface LoopClock {
  eventLoopUtilization(): { readonly idle: number; readonly active: number };
  now(): number;
}

/** How long to stand back when the thread is busy. */
export const STAND_BACK_MS = 20;
const BUSY_SHARE = 0.3;

/**
 * Tells background work whether its thread has other things to do. Its own turns do not count: what it does in {@link run}
 * is taken off.
 */
export class LinkPace {
  readonly #clock: LoopClock;
  #since: { readonly idle: number; readonly active: number };
  #ownMs = 0;
  #isBusy = false;

  constructor(clock: LoopClock = performance) {
    this.#clock = clock;
    this.#since = clock.eventLoopUtilization();
  }

  /** Whether other work took more than a third or so of the last moments. */
  get isBusy(): boolean {
    const present = this.#clock.eventLoopUtilization();
    const active = present.active - this.#since.active;
    const all = active + present.idle - this.#since.idle;
    if (all >= STAND_BACK_MS) {
      this.#isBusy = (active - this.#ownMs) / all > BUSY_SHARE;
      this.#since = present;
      this.#ownMs = 0;
    }
    return this.#isBusy;
  }

  /** Does one turn of the background work. */
  run(turn: () => void): void {
    const startedAt = this.#clock.now();
    turn();
    this.#ownMs += this.#clock.now() - startedAt;
  }
}
