import type { Database } from '@peermesh/database';
import type { Logger } from '@peermesh/telemetry';
import { cursorOf } from './backend-stats.ts';
import type { GenerationKey } from './generation-cursor.ts';

/** Records after which the memory is measured again. */
const CHECK_EVERY = 10_000;

/** What a mirror keeps its records in. */
export interface MirrorStore {
  /** An estimate of the memory in use. */
  readonly bytes: number;
}

/** What {@link Mirror} needs. */
export interface MirrorOptions<Entry, Store extends MirrorStore> {
  readonly db: Database<unknown>;
  readonly key: GenerationKey;
  readonly store: Store;
  /** Memory that it may take; 0 keeps nothing. */
  readonly bytesMax: number;
  readonly logger: Logger;
  /** Takes a record as it is now; one that is gone, too. */
  readonly put: (store: Store, entry: Entry) => void;
  /** Reads the records that were applied behind one change, up to another, some at a time. */
  readonly read: (from: number, upTo: number) => AsyncIterable<readonly Entry[]>;
}

/** The records of one generation in memory, kept fresh from the tables by sequence. */
export class Mirror<Entry, Store extends MirrorStore> {
  readonly #options: MirrorOptions<Entry, Store>;
  #store: Store | null;
  #watermark = 0;
  #unchecked = 0;
  #isLoaded = false;
  #refreshing: Promise<void> | null = null;

  constructor(options: MirrorOptions<Entry, Store>) {
    this.#options = options;
    this.#store = options.bytesMax === 0 ? null : options.store;
  }

  get watermark(): number {
    return this.#watermark;
  }

  /** The store, once it holds everything; null while it loads and when it does not fit into memory. */
  get store(): Store | null {
    return this.#isLoaded ? this.#store : null;
  }

  /** Reads what was applied since the last time. Calls during a refresh join it. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#run().finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  /**
   * Takes a batch that this process has just committed, without reading it back. Falls back to {@link refresh} when the
   * mirror stands elsewhere.
   */
  async advance(from: number, upTo: number, entries: readonly Entry[]): Promise<void> {
    if (this.#refreshing !== null) await this.#refreshing;
    if (!this.#isLoaded || this.#watermark !== from) {
      await this.refresh();
      return;
    }
    this.#take(entries);
    this.#watermark = upTo;
  }

  async #run(): Promise<void> {
    const { db, key, read } = this.#options;
    const target = await cursorOf(db.pool, key);
    if (this.#store !== null && target > this.#watermark) {
      for await (const entries of read(this.#watermark, target)) {
        this.#take(entries);
        if (this.#store === null) break;
      }
    }
    this.#watermark = Math.max(this.#watermark, target);
    this.#isLoaded = true;
  }

  #take(entries: readonly Entry[]): void {
    const store = this.#store;
    if (store === null) return;
    const { put, bytesMax, key, logger } = this.#options;
    for (const entry of entries) put(store, entry);
    this.#unchecked += entries.length;
    if (this.#unchecked < CHECK_EVERY) return;
    this.#unchecked = 0;
    if (store.bytes <= bytesMax) return;
    this.#store = null;
    logger.warn({ bytesMax, kind: key.kind }, 'a mirror does not fit into memory, tables are read instead');
  }
}
