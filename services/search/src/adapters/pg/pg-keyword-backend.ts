import type { Database, Transaction } from '@peermesh/database';
import type { Logger } from '@peermesh/telemetry';
import type { NamedEntity } from '../../domain/keyword/name-book.ts';
import { type TermVector, termVectorOf } from '../../domain/keyword/term-vector.ts';
import { keyOf, newestOps, recordsDelta } from '../../domain/versioned-ops.ts';
import type {
  Ack,
  BackendStats,
  Capabilities,
  LegContext,
  LegQuery,
  LegResult,
  RecordAttributes,
  SearchBackend,
  VersionedOp,
  Viewer,
} from '../../ports.ts';
import { arrayText, plainArrayText } from './array-text.ts';
import { attributesText } from './attributes-text.ts';
import { statsOf, versionsIn } from './backend-stats.ts';
import { cancellable } from './cancellable-query.ts';
import { applyUnderCursor, type GenerationKey, heldVersions } from './generation-cursor.ts';
import { type KeywordMirror, keywordMirror, type MirrorEntry } from './keyword-mirror.ts';
import { compactPostings, postBacklog } from './keyword-postings.ts';
import { queryKeywordTables } from './keyword-table-query.ts';
import { BY_ID, lookUp } from './look-up.ts';
import { headColumns, sequenceColumn } from './op-columns.ts';
import { packBytes } from './packed-bytes.ts';
import { readTexts } from './record-texts.ts';

/** What {@link PgKeywordBackend} needs. */
export interface PgKeywordOptions {
  readonly db: Database<unknown>;
  readonly generation: number;
  /** Memory that the mirror may take; 0 answers every query from the tables. */
  readonly mirrorBytesMax: number;
  readonly logger: Logger;
}

const TABLES = ['search_keyword_records'];
const COMPACTION_EVERY = 8;
const COMPACTED_TERMS_MAX = 100;

/** BM25 over posting tables in PostgreSQL, with a mirror of the postings in memory. */
export class PgKeywordBackend implements SearchBackend {
  readonly kind = 'keyword';
  readonly #db: Database<unknown>;
  readonly #key: GenerationKey;
  readonly #mirror: KeywordMirror;
  #segments = 0;

  constructor(options: PgKeywordOptions) {
    this.#db = options.db;
    this.#key = { kind: 'keyword', generation: options.generation };
    this.#mirror = keywordMirror({ ...options, bytesMax: options.mirrorBytesMax });
  }

  capabilities(): Capabilities {
    return { kind: 'keyword', impl: 'pg-keyword', holds: ['doc', 'entity'], facets: true, durable: true, space: null };
  }

  async ensureSchema(): Promise<void> {
    await this.health();
  }

  async apply(batch: readonly VersionedOp[], upTo: number): Promise<Ack> {
    const ops = batch.filter((op) => (op.op === 'upsert' ? op.record.kind : op.kind) !== 'relationship');
    let entries: readonly MirrorEntry[] = [];
    let cursor = 0;
    const ack = await applyUnderCursor(this.#db, this.#key, upTo, async (tx, from) => {
      cursor = from;
      const held = await heldVersions(tx, 'search_keyword_records', this.#key.generation, ops);
      const newest = newestOps(ops, held);
      const written = await this.#write(tx, newest);
      entries = written.entries;
      const isPosted = await postBacklog(tx, this.#key.generation, written.lastOrd);
      if (isPosted) this.#segments += 1;
      if (isPosted && this.#segments % COMPACTION_EVERY === 0) {
        await compactPostings(tx, this.#key.generation, COMPACTED_TERMS_MAX);
      }
      return {
        applied: newest.length,
        ignored: batch.length - newest.length,
        recordsDelta: recordsDelta(newest, held),
      };
    });
    await this.#mirror.advance(cursor, ack.watermark, entries);
    return ack;
  }

  /** Brings the mirror up to what any replica has applied. */
  async refresh(): Promise<void> {
    await this.#mirror.refresh();
  }

  async query(query: LegQuery, context: LegContext): Promise<LegResult> {
    context.signal.throwIfAborted();
    const { store } = this.#mirror;
    if (store === null) {
      return cancellable(this.#db, context, (tx) =>
        queryKeywordTables(tx, this.#key.generation, query, context.viewer, this.#mirror.watermark),
      );
    }
    return store.query(
      query,
      context.viewer,
      this.#mirror.watermark,
      (tenantId, ids) => cancellable(this.#db, context, (tx) => readTexts(tx, tenantId, ids)),
      context.signal,
    );
  }

  /** Entities by name from memory; null while the mirror is not there. */
  findNames(names: readonly string[], viewer: Viewer, max: number): NamedEntity[] | null {
    return this.#mirror.store?.findNames(names, viewer, max) ?? null;
  }

  get(tenantId: string, ids: readonly string[]): Promise<Map<string, number>> {
    return versionsIn(this.#db, this.#key, TABLES, tenantId, ids);
  }

  stats(): Promise<BackendStats> {
    return statsOf(this.#db, this.#key, TABLES);
  }

  watermark(): number {
    return this.#mirror.watermark;
  }

  async health(): Promise<void> {
    await this.#db.ping();
  }

  async close(): Promise<void> {}

  async #write(
    tx: Transaction<unknown>,
    ops: readonly VersionedOp[],
  ): Promise<{ readonly entries: readonly MirrorEntry[]; readonly lastOrd: number }> {
    if (ops.length === 0) return { entries: [], lastOrd: 0 };
    const { generation } = this.#key;
    const { rows: before } = await tx.client.query<{ tenant_id: string; kind: string; length: number }>(
      `SELECT held.tenant_id, held.kind, held.length FROM unnest($2::text[], $3::text[]) AS wanted (tenant_id, id)
        ${lookUp('search_keyword_records', `held.generation = $1 AND ${BY_ID}`)}
        WHERE NOT held.deleted`,
      [generation, ops.map((op) => op.tenantId), ops.map((op) => op.id)],
    );
    const { rows: ords } = await tx.client.query<{ ord: string }>(
      `SELECT nextval('search.search_keyword_ord') AS ord FROM generate_series(1, $1)`,
      [ops.length],
    );
    const rows = ops.map((op, i) => ({ op, ord: Number(ords[i]?.ord), ...indexed(op) }));
    const packed = packBytes(rows.map(({ vector }) => vector.frequencies));
    await tx.client.query(
      `INSERT INTO search.search_keyword_records AS held
         (generation, tenant_id, id, version, deleted, seq, ord, kind, attributes, length, terms, frequencies)
       SELECT $1::int, tenant_id, id, version, deleted, seq, ord, kind, attributes, length, terms,
              substring($12::bytea FROM first FOR size)
         FROM unnest($2::text[], $3::text[], $4::int[], $5::bool[], $6::bigint[], $7::bigint[], $8::text[], $9::json[],
                     $10::int[], $11::text[], $13::int[], $14::int[])
           AS entry (tenant_id, id, version, deleted, seq, ord, kind, attributes, length, terms, first, size)
       ON CONFLICT (generation, tenant_id, id) DO UPDATE SET version = excluded.version, deleted = excluded.deleted,
         seq = excluded.seq, ord = excluded.ord, kind = excluded.kind, attributes = excluded.attributes,
         length = excluded.length, terms = excluded.terms, frequencies = excluded.frequencies`,
      [
        generation,
        ...headColumns(ops),
        sequenceColumn(ops),
        plainArrayText(rows.map(({ ord }) => ord)),
        arrayText(rows.map(({ kind }) => kind)),
        attributesText(rows.map(({ attributes }) => attributes)),
        plainArrayText(rows.map(({ vector }) => vector.length)),
        arrayText(rows.map(({ vector }) => vector.terms.join('\n'))),
        packed.bytes,
        packed.firsts,
        packed.sizes,
      ],
    );
    await this.#count(
      tx,
      before,
      rows.filter(({ op }) => op.op === 'upsert'),
    );
    const entries = rows.map(({ op, attributes, vector }) => ({
      tenantId: op.tenantId,
      id: op.id,
      attributes,
      vector: op.op === 'delete' ? null : vector,
    }));
    return { entries, lastOrd: Math.max(...rows.map(({ ord }) => ord)) };
  }

  async #count(
    tx: Transaction<unknown>,
    before: readonly { tenant_id: string; kind: string; length: number }[],
    after: readonly { readonly op: VersionedOp; readonly kind: string; readonly vector: TermVector }[],
  ): Promise<void> {
    const deltas = new Map<string, { tenantId: string; kind: string; records: number; length: number }>();
    const add = (tenantId: string, kind: string, records: number, length: number): void => {
      const delta = deltas.get(keyOf(tenantId, kind)) ?? { tenantId, kind, records: 0, length: 0 };
      deltas.set(keyOf(tenantId, kind), {
        tenantId,
        kind,
        records: delta.records + records,
        length: delta.length + length,
      });
    };
    for (const row of before) add(row.tenant_id, row.kind, -1, -row.length);
    for (const row of after) add(row.op.tenantId, row.kind, 1, row.vector.length);
    for (const { tenantId, kind, records, length } of deltas.values()) {
      await tx.client.query(
        `INSERT INTO search.search_keyword_statistics AS held (generation, tenant_id, kind, records, length_sum)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (generation, tenant_id, kind)
         DO UPDATE SET records = held.records + excluded.records, length_sum = held.length_sum + excluded.length_sum`,
        [this.#key.generation, tenantId, kind, records, length],
      );
    }
  }
}

/** What is stored of an operation. `config.analyzer` of a generation names the analyzer's revision. */
function indexed(op: VersionedOp): { kind: 'doc' | 'entity'; attributes: RecordAttributes; vector: TermVector } {
  const nothing = { terms: [], frequencies: new Uint8Array(0), length: 0 };
  if (op.op === 'delete')
    return { kind: op.kind === 'entity' ? 'entity' : 'doc', attributes: NO_ATTRIBUTES, vector: nothing };
  const { record } = op;
  if (record.kind === 'relationship') throw new Error('the keyword leg holds no relationships');
  const { attributes } = record;
  if (record.kind === 'doc') return { kind: 'doc', attributes, vector: termVectorOf(record.title, record.text) };
  const body = [...record.aliases, record.description].join(' . ');
  return { kind: 'entity', attributes, vector: termVectorOf(record.name, body) };
}

const NO_ATTRIBUTES: RecordAttributes = {
  kind: 'doc',
  acl: [],
  source: null,
  language: null,
  topics: [],
  mediaType: null,
  authors: [],
  entityType: null,
  publishedAt: null,
  updatedAt: 0,
  createdAt: 0,
  fingerprint: null,
  nameKey: null,
};
