import type { Lease, LeaseRequest, LeaseStore } from '../ports.ts';

const PROBE_EVERY_MS = 1000;

/** How to fall back. */
export interface FailsafeOptions {
  readonly shared: LeaseStore;
  readonly local: LeaseStore;
  readonly timeoutMs: number;
  /** How often a store that failed is tried again; each second when absent. */
  readonly probeEveryMs?: number;
  readonly onChange: (isDegraded: boolean, cause: unknown) => void;
}

/** Uses the shared store while it answers in time, and budgets of this process while it does not. */
export class FailsafeLeaseStore implements LeaseStore {
  isDegraded = false;
  readonly #options: FailsafeOptions;
  #probeAtMs = 0;

  constructor(options: FailsafeOptions) {
    this.#options = options;
  }

  async lease(requests: readonly LeaseRequest[]): Promise<Lease[]> {
    const nowMs = performance.now();
    if (this.isDegraded && nowMs < this.#probeAtMs) return this.#options.local.lease(requests);
    this.#probeAtMs = nowMs + (this.#options.probeEveryMs ?? PROBE_EVERY_MS);
    try {
      const leases = await withTimeout(this.#options.shared.lease(requests), this.#options.timeoutMs);
      this.#change(false, undefined);
      return leases;
    } catch (error) {
      this.#change(true, error);
      return this.#options.local.lease(requests);
    }
  }

  #change(isDegraded: boolean, cause: unknown): void {
    if (this.isDegraded === isDegraded) return;
    this.isDegraded = isDegraded;
    this.#options.onChange(isDegraded, cause);
  }
}

async function withTimeout<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
