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

interface Second {
  readonly since: number;
  calls: number;
  failures: number;
}

const SECOND_MS = 1_000;

/** Circuit breaker of one backend generation: when open, calls are refused at once; then one probe decides. */
export class Breaker {
  readonly #options: BreakerOptions;
  readonly #now: () => number;
  readonly #onChange: (state: BreakerState) => void;
  #seconds: Second[] = [];
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
    const seconds = this.#count(now, failed);
    if (!failed) return;
    let calls = 0;
    let failures = 0;
    for (const second of seconds) {
      calls += second.calls;
      failures += second.failures;
    }
    const { callsMin, failureRatio, openMsMin } = this.#options;
    if (calls >= callsMin && failures / calls >= failureRatio) this.#open(now, openMsMin);
  }

  /** An admitted call was given up by its caller and says nothing about the backend. */
  release(): void {
    if (this.#state !== 'half_open') return;
    this.#openUntil = this.#now();
    this.#change('open');
  }

  /** Counts by the second: what is kept does not grow with the load. */
  #count(now: number, failed: boolean): readonly Second[] {
    let last = this.#seconds.at(-1);
    if (last === undefined || now - last.since >= SECOND_MS) {
      this.#seconds = this.#seconds.filter(({ since }) => since > now - this.#options.windowMs);
      last = { since: now, calls: 0, failures: 0 };
      this.#seconds.push(last);
    }
    last.calls += 1;
    if (failed) last.failures += 1;
    return this.#seconds;
  }

  #open(now: number, ms: number): void {
    this.#openMs = ms;
    this.#openUntil = now + ms;
    this.#change('open');
  }

  #close(): void {
    this.#seconds = [];
    this.#openMs = this.#options.openMsMin;
    this.#change('closed');
  }

  #change(state: BreakerState): void {
    this.#state = state;
    this.#onChange(state);
  }
}
