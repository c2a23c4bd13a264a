import type { Database } from '@peermesh/database';
import type { Logger } from '@peermesh/telemetry';
import { KeywordStore } from '../../domain/keyword/keyword-store.ts';
import type { TermVector } from '../../domain/keyword/term-vector.ts';
import type { RecordAttributes } from '../../ports.ts';
import { cursorOf } from './backend-stats.ts';
import { READ_IN_ORDER } from './read-in-order.ts';

const PAGE = 1_000;
/** Records after which the memory is measured again. */
const CHECK_EVERY = 10_000;

/** A record as the mirror takes it; no vector means that it is gone. */
export interface MirrorEntry {
  readonly tenantId: string;
  readonly id: string;
  readonly attributes: RecordAttributes;
  readonly vector: TermVector | null;
}

function put(store: KeywordStore, { tenantId, id, attributes, vector }: MirrorEntry): void {
  if (vector === null) store.remove(tenantId, id);
  else store.put(tenantId, id, attributes, vector);
}

/** The keyword records of one generation in memory, kept fresh from the tables by sequence. */
export class KeywordMirror {
  readonly #db: Database<unknown>;
  readonly #generation: number;
  readonly #bytesMax: number;
  readonly #logger: Logger;
  #store: KeywordStore | null = new KeywordStore();
  #watermark = 0;
  #unchecked = 0;
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

  /**
   * Takes a batch that this process has just committed, without reading it back. Falls back to {@link refresh} when the
   * mirror stands elsewhere.
   */
  async advance(from: number, upTo: number, entries: readonly MirrorEntry[]): Promise<void> {
    if (this.#refreshing !== null) await this.#refreshing;
    if (!this.#isLoaded || this.#watermark !== from) {
      await this.refresh();
      return;
    }
    if (this.#store !== null) for (const entry of entries) put(this.#store, entry);
    this.#watermark = upTo;
    this.#checkMemory(entries.length);
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
        const terms = row.terms === '' ? [] : row.terms.split('\n');
        const vector = row.deleted ? null : { terms, frequencies: row.frequencies, length: row.length };
        put(store, { tenantId: row.tenant_id, id: row.id, attributes: row.attributes, vector });
      }
      this.#checkMemory(rows.length);
      if (this.#store === null) return;
      const last = rows.at(-1);
      if (last === undefined || rows.length < PAGE) break;
      from = Number(last.seq);
    }
  }

  #checkMemory(added: number): void {
    this.#unchecked += added;
    if (this.#store === null || this.#unchecked < CHECK_EVERY) return;
    this.#unchecked = 0;
    if (this.#store.bytes <= this.#bytesMax) return;
    this.#store = null;
    this.#logger.warn({ bytesMax: this.#bytesMax }, 'keyword mirror does not fit into memory, tables are read instead');
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
      { readOnly: true, opening: READ_IN_ORDER },
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
