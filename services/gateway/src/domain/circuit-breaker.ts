const BUCKETS = 10;

/** When a breaker opens and how it closes again. */
export interface BreakerPolicy {
  readonly windowMs: number;
  readonly minRequests: number;
  readonly errorRate: number;
  readonly openForMs: number;
  /** Successes in a row that close it; also how many requests may probe at once. */
  readonly probes: number;
}

/** What a breaker is doing. */
export type BreakerState = 'closed' | 'open' | 'half_open';

/** Counts outcomes in a sliding window of ten buckets and stops requests that would very likely fail. */
export class CircuitBreaker {
  state: BreakerState = 'closed';
  readonly #policy: BreakerPolicy;
  readonly #bucketMs: number;
  readonly #totals = new Uint32Array(BUCKETS);
  readonly #failures = new Uint32Array(BUCKETS);
  #bucket = 0;
  #openedAtMs = 0;
  #probing = 0;
  #probesPassed = 0;

  constructor(policy: BreakerPolicy) {
    this.#policy = policy;
    this.#bucketMs = policy.windowMs / BUCKETS;
  }

  /** Whether a request may start. After `true`, exactly one {@link record} or {@link forget} must follow. */
  admit(nowMs: number): boolean {
    if (this.state === 'closed') return true;
    if (this.state === 'open') {
      if (nowMs - this.#openedAtMs < this.#policy.openForMs) return false;
      this.state = 'half_open';
      this.#probing = 0;
      this.#probesPassed = 0;
    }
    if (this.#probing >= this.#policy.probes) return false;
    this.#probing++;
    return true;
  }

  record(succeeded: boolean, nowMs: number): void {
    if (this.state === 'half_open') {
      this.#probing = Math.max(0, this.#probing - 1);
      if (!succeeded) this.#open(nowMs);
      else if (++this.#probesPassed >= this.#policy.probes) this.#close();
      return;
    }
    if (this.state === 'open') return;
    const bucket = this.#advance(nowMs);
    this.#totals[bucket]!++;
    if (succeeded) return;
    this.#failures[bucket]!++;
    const total = sum(this.#totals);
    if (total >= this.#policy.minRequests && sum(this.#failures) / total >= this.#policy.errorRate) this.#open(nowMs);
  }

  /** The request ended without an outcome, for example because its client left. */
  forget(): void {
    if (this.state === 'half_open') this.#probing = Math.max(0, this.#probing - 1);
  }

  /** How long a refused request should wait. */
  retryAfterMs(nowMs: number): number {
    return this.state === 'open' ? Math.max(0, this.#openedAtMs + this.#policy.openForMs - nowMs) : 1000;
  }

  #open(nowMs: number): void {
    this.state = 'open';
    this.#openedAtMs = nowMs;
  }

  #close(): void {
    this.state = 'closed';
    this.#totals.fill(0);
    this.#failures.fill(0);
  }

  #advance(nowMs: number): number {
    const current = Math.floor(nowMs / this.#bucketMs);
    const steps = Math.min(BUCKETS, current - this.#bucket);
    for (let step = 1; step <= steps; step++) {
      const index = (this.#bucket + step) % BUCKETS;
      this.#totals[index] = 0;
      this.#failures[index] = 0;
    }
    if (steps >= BUCKETS) {
      this.#totals.fill(0);
      this.#failures.fill(0);
    }
    if (current > this.#bucket) this.#bucket = current;
    return current % BUCKETS;
  }
}

function sum(values: Uint32Array): number {
  let total = 0;
  for (let index = 0; index < values.length; index++) total += values[index]!;
  return total;
}
