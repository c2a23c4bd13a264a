import type { Database } from '@peermesh/database';
import type { Logger } from '@peermesh/telemetry';
import { KeywordStore } from '../../domain/keyword/keyword-store.ts';
import type { RecordAttributes } from '../../ports.ts';
import { cursorOf } from './backend-stats.ts';

const PAGE = 1_000;

/** The keyword records of one generation in memory, kept fresh from the tables by sequence. */
export class KeywordMirror {
  readonly #db: Database<unknown>;
  readonly #generation: number;
  readonly #bytesMax: number;
  readonly #logger: Logger;
  #store: KeywordStore | null = new KeywordStore();
  #watermark = 0;
  #isLoaded = false;
  #refreshing: Promise<void> | null = null;

  constructor(options: { db: Database<unknown>; generation: number; bytesMax: number; logger: Logger }) {
    this.#db = options.db;
    this.#generation = options.generation;
    this.#bytesMax = options.bytesMax;
    this.#logger = options.logger;
    if (options.bytesMax === 0) this.#store = null;
  }

  get watermark(): number {
    return this.#watermark;
  }

  /** The store, once it holds everything; null while it loads and when it does not fit into memory. */
  get store(): KeywordStore | null {
    return this.#isLoaded ? this.#store : null;
  }

  /** Reads what was applied since the last time. Calls during a refresh join it. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#run().finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  async #run(): Promise<void> {
    const target = await cursorOf(this.#db.pool, { kind: 'keyword', generation: this.#generation });
    if (this.#store !== null && target > this.#watermark) await this.#readUpTo(this.#store, target);
    this.#watermark = Math.max(this.#watermark, target);
    this.#isLoaded = true;
  }

  async #readUpTo(store: KeywordStore, target: number): Promise<void> {
    let from = this.#watermark;
    for (;;) {
      const rows = await this.#page(from, target);
      for (const row of rows) {
        if (row.deleted) store.remove(row.tenant_id, row.id);
        else {
          const terms = row.terms === '' ? [] : row.terms.split('\n');
          store.put(row.tenant_id, row.id, row.attributes, { terms, frequencies: row.frequencies, length: row.length });
        }
      }
      const last = rows.at(-1);
      if (last === undefined || rows.length < PAGE) break;
      from = Number(last.seq);
      if (store.bytes > this.#bytesMax) {
        this.#store = null;
        this.#logger.warn(
          { bytesMax: this.#bytesMax },
          'keyword mirror does not fit into memory, tables are read instead',
        );
        return;
      }
    }
  }

  async #page(from: number, target: number): Promise<MirrorRow[]> {
    return this.#db.system(
      async (tx) => {
        const { rows } = await tx.client.query<MirrorRow>(
          `SELECT tenant_id, id, deleted, seq, attributes, length, terms, frequencies FROM search.search_keyword_records
            WHERE generation = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT ${PAGE}`,
          [this.#generation, from, target],
        );
        return rows;
      },
      { readOnly: true },
    );
  }
}

interface MirrorRow {
  readonly tenant_id: string;
  readonly id: string;
  readonly deleted: boolean;
  readonly seq: string;
  readonly attributes: RecordAttributes;
  readonly length: number;
  readonly terms: string;
  readonly frequencies: Buffer;
}
