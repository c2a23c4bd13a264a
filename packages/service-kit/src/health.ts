/** One thing that a service needs. */
interface Check {
  readonly name: string;
  readonly critical: boolean;
  readonly run: () => Promise<void>;
}

/** The answer of `/health/ready`. */
export interface Readiness {
  readonly status: 'ready' | 'degraded' | 'unready';
  readonly draining: boolean;
  readonly checks: readonly {
    readonly name: string;
    readonly ok: boolean;
    readonly critical: boolean;
    readonly reason?: string;
  }[];
}

/** What a service needs to be ready. Checks run at each question, all at once, each within a time limit. */
export class Health {
  readonly #checks: Check[] = [];
  readonly #timeoutMs: number;
  #draining = false;

  constructor(timeoutMs = 1500) {
    this.#timeoutMs = timeoutMs;
  }

  /** Adds a check. While a critical one fails the service is unready; another one only degrades it. */
  add(name: string, run: () => Promise<void>, options: { readonly critical?: boolean } = {}): void {
    this.#checks.push({ name, run, critical: options.critical ?? true });
  }

  /** From now on the service is unready: it is about to stop. */
  drain(): void {
    this.#draining = true;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Runs every check. Never rejects. */
  async readiness(): Promise<Readiness> {
    const checks = await Promise.all(this.#checks.map((check) => this.#result(check)));
    const failed = checks.filter((check) => !check.ok);
    const unready = this.#draining || failed.some((check) => check.critical);
    return { status: unready ? 'unready' : failed.length > 0 ? 'degraded' : 'ready', draining: this.#draining, checks };
  }

  async #result({ name, critical, run }: Check): Promise<Readiness['checks'][number]> {
    const { promise, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error(`no answer within ${this.#timeoutMs} ms`)), this.#timeoutMs);
    try {
      await Promise.race([run(), promise]);
      return { name, ok: true, critical };
    } catch (error) {
      return { name, ok: false, critical, reason: error instanceof Error ? error.message.slice(0, 200) : 'failed' };
    } finally {
      clearTimeout(timer);
    }
  }
}
