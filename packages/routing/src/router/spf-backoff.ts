/** The delays of RFC 8405, ms. */
export interface SpfBackoffConfig {
  /** Before the first computation after a quiet time. */
  readonly initialDelayMs: number;
  /** While the first failure is still being learned about. */
  readonly shortDelayMs: number;
  /** While the topology keeps changing, for everything but the loss of a link. */
  readonly longDelayMs: number;
  /** How long all news of one failure take to arrive. */
  readonly timeToLearnMs: number;
  /** Silence that ends an unstable time. */
  readonly holdDownMs: number;
}

export const DEFAULT_SPF_BACKOFF: SpfBackoffConfig = {
  initialDelayMs: 50,
  shortDelayMs: 200,
  longDelayMs: 5_000,
  timeToLearnMs: 500,
  holdDownMs: 10_000,
};

export type SpfBackoffState = 'quiet' | 'short-wait' | 'long-wait';

/**
 * When to compute: the state machine of RFC 8405, section 5, with one difference: the loss of a link never waits the long
 * delay, since the paths and repairs that use the link are of no use any more. Source routes cannot loop however different
 * the views of nodes are, and a link that flaps is held back where it is advertised, which bounds how often this happens.
 */
export class SpfBackoff {
  readonly #config: SpfBackoffConfig;
  #state: SpfBackoffState = 'quiet';
  #dueAtMs = Number.POSITIVE_INFINITY;
  #learnedAtMs = Number.POSITIVE_INFINITY;
  #quietAtMs = Number.POSITIVE_INFINITY;

  constructor(config: SpfBackoffConfig) {
    this.#config = config;
  }

  get state(): SpfBackoffState {
    return this.#state;
  }

  /** When a computation is due; infinity when none is wanted. */
  get dueAtMs(): number {
    return this.#dueAtMs;
  }

  /** A change arrived that may alter paths; `isLoss` when a link is gone that paths may use. */
  onChange(nowMs: number, isLoss = false): void {
    this.#advance(nowMs);
    const { initialDelayMs, timeToLearnMs, holdDownMs } = this.#config;
    if (this.#state === 'quiet') {
      this.#state = 'short-wait';
      this.#learnedAtMs = nowMs + timeToLearnMs;
      this.#dueAtMs = Math.min(this.#dueAtMs, nowMs + initialDelayMs);
    } else {
      this.#dueAtMs = Math.min(this.#dueAtMs, nowMs + this.#delayMs(isLoss));
    }
    this.#quietAtMs = nowMs + holdDownMs;
  }

  /** The computation is being done now. */
  onComputed(nowMs: number): void {
    this.#advance(nowMs);
    this.#dueAtMs = Number.POSITIVE_INFINITY;
  }

  #delayMs(isLoss: boolean): number {
    return this.#state === 'long-wait' && !isLoss ? this.#config.longDelayMs : this.#config.shortDelayMs;
  }

  #advance(nowMs: number): void {
    if (nowMs >= this.#quietAtMs) {
      this.#state = 'quiet';
      this.#learnedAtMs = Number.POSITIVE_INFINITY;
      this.#quietAtMs = Number.POSITIVE_INFINITY;
    } else if (this.#state === 'short-wait' && nowMs >= this.#learnedAtMs) {
      this.#state = 'long-wait';
    }
  }
}
