import type { Logger } from '@peermesh/telemetry';

/** Runs a step over and over: again at once while it says there is more, else when woken or after a while. */
export class WakeableLoop {
  readonly #step: () => Promise<boolean>;
  readonly #idleMs: number;
  readonly #logger: Logger;
  readonly #name: string;
  #running: Promise<void> | null = null;
  #stopping = false;
  #isAwake = false;
  #wake: () => void = () => undefined;

  constructor(options: {
    readonly name: string;
    readonly idleMs: number;
    readonly logger: Logger;
    readonly step: () => Promise<boolean>;
  }) {
    this.#name = options.name;
    this.#idleMs = options.idleMs;
    this.#logger = options.logger;
    this.#step = options.step;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Runs the step soon; a wake during a step counts for the next one. */
  wake(): void {
    this.#isAwake = true;
    this.#wake();
  }

  /** Lets the present step finish. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#stopping) {
      this.#isAwake = false;
      try {
        const hasMore = await this.#step();
        failures = 0;
        if (hasMore || this.#isAwake) continue;
        await this.#idle(this.#idleMs);
      } catch (error) {
        failures += 1;
        this.#logger.warn({ err: error, loop: this.#name, failures }, 'step failed and is run again');
        await this.#idle(Math.min(5_000, 50 * 2 ** failures));
      }
    }
  }

  async #idle(ms: number): Promise<void> {
    if (this.#stopping) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#wake = resolve;
    await promise;
    clearTimeout(timer);
    this.#wake = () => undefined;
  }
}
