import type { Lease, LeaseRequest, LeaseStore } from '../ports.ts';

const PROBE_EVERY_MS = 1000;
/** Asks for nothing, so it changes nothing. */
const PROBE: readonly LeaseRequest[] = [{ key: 'probe', quota: 1, windowMs: 1000, want: 0 }];

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
  #probe: NodeJS.Timeout | null = null;

  constructor(options: FailsafeOptions) {
    this.#options = options;
  }

  async lease(requests: readonly LeaseRequest[]): Promise<Lease[]> {
    if (this.isDegraded) return this.#options.local.lease(requests);
    try {
      return await this.#ask(requests);
    } catch (error) {
      this.#degrade(error);
      return this.#options.local.lease(requests);
    }
  }

  stop(): void {
    if (this.#probe !== null) clearInterval(this.#probe);
    this.#probe = null;
  }

  #degrade(cause: unknown): void {
    if (this.isDegraded) return;
    this.isDegraded = true;
    this.#options.onChange(true, cause);
    this.#probe = setInterval(() => void this.#tryAgain(), this.#options.probeEveryMs ?? PROBE_EVERY_MS);
    this.#probe.unref();
  }

  async #tryAgain(): Promise<void> {
    try {
      await this.#ask(PROBE);
    } catch {
      return;
    }
    if (!this.isDegraded) return;
    this.stop();
    this.isDegraded = false;
    this.#options.onChange(false, undefined);
  }

  async #ask(requests: readonly LeaseRequest[]): Promise<Lease[]> {
    const { shared, timeoutMs } = this.#options;
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    try {
      return await Promise.race([shared.lease(requests), late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
