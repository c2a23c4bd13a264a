import { repeat, type Worker } from '@peermesh/service-kit';
import type { Logger } from '@peermesh/telemetry';
import type { Fact } from './fact.ts';
import type { FactQueue } from './fact-queue.ts';

/** Where facts end up: a transaction that stores all of them or none. */
export interface FactStore {
  write(facts: readonly Fact[]): Promise<void>;
  /** Whether the error is about what a fact says: it would come again however often the fact is written. */
  isFlaw(error: unknown): boolean;
}

const BATCH_MAX = 200;

/**
 * Writes waiting facts in their order. Nobody waits for it: while the store is away the facts stay in the queue, and the
 * next turn tries again.
 */
export class FactWriter {
  readonly #queue: FactQueue;
  readonly #store: FactStore;
  readonly #logger: Logger;
  #isAway = false;
  #flawed = 0;

  constructor(options: { readonly queue: FactQueue; readonly store: FactStore; readonly logger: Logger }) {
    this.#queue = options.queue;
    this.#store = options.store;
    this.#logger = options.logger;
  }

  /** Whether the last attempt failed. */
  get isAway(): boolean {
    return this.#isAway;
  }

  /** Facts that the store can never take; each is logged. */
  get flawed(): number {
    return this.#flawed;
  }

  /** Tries every `everyMs` until it is stopped. */
  start(everyMs: number): Worker {
    return repeat({ everyMs, logger: this.#logger, name: 'facts' }, () => this.flush());
  }

  /** Writes what waits; resolves also when the store is away. */
  async flush(): Promise<void> {
    for (let countMax = BATCH_MAX; this.#queue.size > 0; ) {
      const batch = this.#queue.peek(countMax);
      try {
        await this.#store.write([...batch.values()]);
      } catch (error) {
        if (!this.#store.isFlaw(error)) return this.#away(error);
        if (countMax > 1) {
          countMax = 1;
          continue;
        }
        this.#flawed += 1;
        this.#logger.error(
          { err: error, fact: [...batch.values()][0]?.kind },
          'a fact cannot be stored and is left out',
        );
      }
      this.#queue.done(batch);
      this.#back();
    }
  }

  #away(error: unknown): void {
    if (!this.#isAway) this.#logger.warn({ err: error, waiting: this.#queue.size }, 'facts cannot be written now');
    this.#isAway = true;
  }

  #back(): void {
    if (this.#isAway) this.#logger.info('facts are written again');
    this.#isAway = false;
  }
}
