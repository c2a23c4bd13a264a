import { LRUCache } from 'lru-cache';
import type { Lease, LeaseRequest, LeaseStore } from '../ports.ts';

interface Window {
  index: number;
  current: number;
  previous: number;
}

/** Budgets of this process only, the same sliding window as in Redis. Forgets the least used beyond `entriesMax`. */
export class MemoryLeaseStore implements LeaseStore {
  readonly #windows: LRUCache<string, Window>;
  readonly #nowMs: () => number;
  readonly #share: number;

  /** @param options.share the part of each quota that this process may give out */
  constructor(options: { readonly entriesMax: number; readonly nowMs?: () => number; readonly share?: number }) {
    this.#windows = new LRUCache({ max: options.entriesMax });
    this.#nowMs = options.nowMs ?? Date.now;
    this.#share = options.share ?? 1;
  }

  lease(requests: readonly LeaseRequest[]): Promise<Lease[]> {
    const nowMs = this.#nowMs();
    return Promise.resolve(requests.map((request) => this.#leaseOne(request, nowMs)));
  }

  #leaseOne({ key, quota, windowMs, want }: LeaseRequest, nowMs: number): Lease {
    const index = Math.floor(nowMs / windowMs);
    let window = this.#windows.get(key);
    if (window === undefined) {
      window = { index, current: 0, previous: 0 };
      this.#windows.set(key, window);
    } else if (window.index !== index) {
      window.previous = window.index === index - 1 ? window.current : 0;
      window.current = 0;
      window.index = index;
    }
    const elapsedMs = nowMs - index * windowMs;
    const limit = Math.max(1, Math.ceil(quota * this.#share));
    const free = Math.floor(limit - window.current - window.previous * (1 - elapsedMs / windowMs));
    const granted = Math.max(0, Math.min(want, free));
    window.current += granted;
    return { granted, current: window.current, previous: window.previous, elapsedMs };
  }
}
