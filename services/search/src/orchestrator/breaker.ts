/** How a breaker decides. */
export interface BreakerOptions {
  readonly windowMs: number;
  readonly callsMin: number;
  readonly failureRatio: number;
  readonly openMsMin: number;
  readonly openMsMax: number;
}

/** 50 % failures over at least 20 calls in 10 s open it, for 1 s at first and up to 30 s. */
export const BREAKER_DEFAULTS: BreakerOptions = {
  windowMs: 10_000,
  callsMin: 20,
  failureRatio: 0.5,
  openMsMin: 1_000,
  openMsMax: 30_000,
};

/** The state of a breaker. */
export type BreakerState = 'closed' | 'half_open' | 'open';

/** Circuit breaker of one backend generation: when open, calls are refused at once; then one probe decides. */
export class Breaker {
  readonly #options: BreakerOptions;
  readonly #now: () => number;
  readonly #onChange: (state: BreakerState) => void;
  #calls: { at: number; failed: boolean }[] = [];
  #state: BreakerState = 'closed';
  #openUntil = 0;
  #openMs: number;

  constructor(
    now: () => number,
    onChange: (state: BreakerState) => void = () => undefined,
    options: BreakerOptions = BREAKER_DEFAULTS,
  ) {
    this.#now = now;
    this.#onChange = onChange;
    this.#options = options;
    this.#openMs = options.openMsMin;
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** Whether a call may go through; in the half-open state only one may at a time. */
  admit(): boolean {
    if (this.#state === 'closed') return true;
    if (this.#state === 'half_open' || this.#now() < this.#openUntil) return false;
    this.#change('half_open');
    return true;
  }

  /** Tells how an admitted call ended. */
  record(failed: boolean): void {
    const now = this.#now();
    if (this.#state === 'half_open') {
      if (failed) this.#open(now, Math.min(this.#openMs * 2, this.#options.openMsMax));
      else this.#close();
      return;
    }
    if (this.#state === 'open') return;
    this.#calls.push({ at: now, failed });
    if (!failed) return;
    this.#calls = this.#calls.filter(({ at }) => at > now - this.#options.windowMs);
    const failures = this.#calls.filter((call) => call.failed).length;
    const { callsMin, failureRatio, openMsMin } = this.#options;
    if (this.#calls.length >= callsMin && failures / this.#calls.length >= failureRatio) this.#open(now, openMsMin);
  }

  /** An admitted call was given up by its caller and says nothing about the backend. */
  release(): void {
    if (this.#state !== 'half_open') return;
    this.#openUntil = this.#now();
    this.#change('open');
  }

  #open(now: number, ms: number): void {
    this.#openMs = ms;
    this.#openUntil = now + ms;
    this.#change('open');
  }

  #close(): void {
    this.#calls = [];
    this.#openMs = this.#options.openMsMin;
    this.#change('closed');
  }

  #change(state: BreakerState): void {
    this.#state = state;
    this.#onChange(state);
  }
}
