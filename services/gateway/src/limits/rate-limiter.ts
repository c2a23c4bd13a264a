import type { RateLimit } from '@peermesh/contracts/gateway';
import { LRUCache } from 'lru-cache';
import type { Lease, LeaseRequest, LeaseStore } from '../ports.ts';

const CHUNK_MAX = 500;
const BUSY_MS = 100;
const IDLE_MS = 1000;
const ATTEMPTS_MAX = 3;

/** The answer of one limit to one request. */
export interface RateVerdict {
  readonly allowed: boolean;
  readonly remaining: number;
  /** Until the window ends; for a refused request until a token is free again. */
  readonly resetMs: number;
}

interface Budget {
  readonly key: string;
  readonly limit: RateLimit;
  /** Tokens that this replica holds and has not used. */
  leased: number;
  /** What the store had left after the last lease. */
  remaining: number;
  windowEndsAtMs: number;
  refusedUntilMs: number;
  chunk: number;
  leasedAtMs: number;
  waiting: number;
  pending: Promise<void> | null;
}

/**
 * Takes tokens from budgets. Tokens are leased from the store in chunks that follow demand (1 for a quiet caller, up to
 * a sixteenth of the quota for a busy one), so a busy caller costs no round trip, and a replica can hold back at most
 * one chunk. Never lets more through than the quota; may let through up to one chunk per further replica less.
 */
export class RateLimiter {
  readonly #store: LeaseStore;
  readonly #budgets: LRUCache<string, Budget>;
  readonly #nowMs: () => number;
  #batch: { request: LeaseRequest; resolve: (lease: Lease) => void; reject: (error: unknown) => void }[] = [];

  constructor(options: { readonly store: LeaseStore; readonly entriesMax: number; readonly nowMs?: () => number }) {
    this.#store = options.store;
    this.#budgets = new LRUCache({ max: options.entriesMax });
    this.#nowMs = options.nowMs ?? (() => performance.now());
  }

  /** Takes one token; at once when the replica holds one, after a round trip otherwise. */
  take(limit: RateLimit, caller: string): RateVerdict | Promise<RateVerdict> {
    const key = `${limit.name}:${caller}`;
    let budget = this.#budgets.get(key);
    if (budget === undefined || budget.limit.q !== limit.q || budget.limit.w !== limit.w) {
      budget = newBudget(key, limit);
      this.#budgets.set(key, budget);
    }
    return this.#tryTake(budget, this.#nowMs()) ?? this.#takeAfterLease(budget);
  }

  /** Forgets every budget that this replica holds, for example because another store rules from now on. */
  forget(): void {
    this.#budgets.clear();
  }

  #tryTake(budget: Budget, nowMs: number): RateVerdict | null {
    if (nowMs >= budget.windowEndsAtMs) budget.leased = 0;
    if (budget.leased > 0) {
      budget.leased--;
      if (
        budget.leased <= budget.chunk >> 1 &&
        budget.chunk > 1 &&
        budget.pending === null &&
        nowMs >= budget.refusedUntilMs
      ) {
        void this.#lease(budget, nowMs).catch(() => undefined);
      }
      return {
        allowed: true,
        remaining: budget.remaining + budget.leased,
        resetMs: budget.windowEndsAtMs - nowMs,
      };
    }
    if (nowMs < budget.refusedUntilMs) return { allowed: false, remaining: 0, resetMs: budget.refusedUntilMs - nowMs };
    return null;
  }

  async #takeAfterLease(budget: Budget): Promise<RateVerdict> {
    budget.waiting++;
    try {
      for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
        await (budget.pending ?? this.#lease(budget, this.#nowMs()));
        const verdict = this.#tryTake(budget, this.#nowMs());
        if (verdict !== null) return verdict;
      }
    } finally {
      budget.waiting--;
    }
    return { allowed: false, remaining: 0, resetMs: 1000 };
  }

  #lease(budget: Budget, nowMs: number): Promise<void> {
    const heldMs = nowMs - budget.leasedAtMs;
    if (heldMs < BUSY_MS) budget.chunk = Math.min(budget.chunk * 2, CHUNK_MAX, Math.max(1, budget.limit.q >> 4));
    else if (heldMs > IDLE_MS) budget.chunk = Math.max(1, budget.chunk >> 1);
    const request = {
      key: budget.key,
      quota: budget.limit.q,
      windowMs: budget.limit.w * 1000,
      want: Math.max(budget.chunk, budget.waiting),
    };
    budget.pending = this.#enqueue(request).then(
      (lease) => {
        budget.pending = null;
        settle(budget, lease, this.#nowMs());
      },
      (error: unknown) => {
        budget.pending = null;
        throw error;
      },
    );
    return budget.pending;
  }

  #enqueue(request: LeaseRequest): Promise<Lease> {
    return new Promise((resolve, reject) => {
      this.#batch.push({ request, resolve, reject });
      if (this.#batch.length === 1) setImmediate(() => this.#flush());
    });
  }

  #flush(): void {
    const batch = this.#batch;
    this.#batch = [];
    this.#store.lease(batch.map(({ request }) => request)).then(
      (leases) => batch.forEach(({ resolve }, index) => resolve(leases[index]!)),
      (error: unknown) => batch.forEach(({ reject }) => reject(error)),
    );
  }
}

function newBudget(key: string, limit: RateLimit): Budget {
  return {
    key: `${key}:${limit.q}:${limit.w}`,
    limit,
    leased: 0,
    remaining: 0,
    windowEndsAtMs: 0,
    refusedUntilMs: 0,
    chunk: 1,
    leasedAtMs: 0,
    waiting: 0,
    pending: null,
  };
}

function settle(budget: Budget, lease: Lease, nowMs: number): void {
  const { q, w } = budget.limit;
  const windowMs = w * 1000;
  const { granted, current, previous, elapsedMs } = lease;
  const windowEndsAtMs = nowMs + windowMs - elapsedMs;
  if (windowEndsAtMs > budget.windowEndsAtMs + windowMs / 2) budget.leased = 0;
  budget.leased += granted;
  budget.leasedAtMs = nowMs;
  budget.windowEndsAtMs = windowEndsAtMs;
  budget.remaining = Math.max(0, Math.floor(q - current - previous * (1 - elapsedMs / windowMs)));
  budget.refusedUntilMs = granted > 0 ? 0 : nowMs + untilFreeMs(q, windowMs, current, previous, elapsedMs);
}

/** When the weighted count of the two windows falls below the quota again. */
function untilFreeMs(quota: number, windowMs: number, current: number, previous: number, elapsedMs: number): number {
  const room = quota - 1 - current;
  if (room >= 0 && previous > 0) return Math.max(1, windowMs * (1 - room / previous) - elapsedMs);
  const nextWindowMs = windowMs - elapsedMs;
  return Math.max(1, nextWindowMs + (current > 0 ? windowMs * Math.max(0, 1 - (quota - 1) / current) : 0));
}
