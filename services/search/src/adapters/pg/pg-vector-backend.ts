import type { Database, Transaction } from '@peermesh/database';
import type { NeighbourGraphs } from '../../domain/vector/neighbour-graph.ts';
import { unitVector, VectorStore } from '../../domain/vector/vector-store.ts';
import { newestOps, recordsDelta } from '../../domain/versioned-ops.ts';
import type {
  Ack,
  BackendStats,
  Capabilities,
  DocumentProjection,
  LegContext,
  LegQuery,
  LegResult,
  QueryEmbedder,
  RecordAttributes,
  SearchBackend,
  VersionedOp,
} from '../../ports.ts';
import { cursorOf, statsOf, versionsIn } from './backend-stats.ts';
import { applyUnderCursor, type GenerationKey, heldVersions } from './generation-cursor.ts';
import { attributesColumn, headColumns, sequenceColumn } from './op-columns.ts';
import { packBytes } from './packed-bytes.ts';
import { READ_IN_ORDER } from './read-in-order.ts';

/** What {@link PgVectorBackend} needs. */
export interface PgVectorOptions {
  readonly db: Database<unknown>;
  readonly generation: number;
  /** Makes the vectors of documents that did not bring one of its space. */
  readonly embedder: QueryEmbedder;
  /** Makes the graphs over vectors. */
  readonly graphs: NeighbourGraphs;
}

const TABLES = ['search_vector_records'];
const PAGE = 1_000;
const EMBEDDED_CHARACTERS_MAX = 20_000;

/** Vectors of record in PostgreSQL, answered from memory: flat while few, an HNSW graph beyond. */
export class PgVectorBackend implements SearchBackend {
  readonly kind = 'vector';
  readonly #db: Database<unknown>;
  readonly #key: GenerationKey;
  readonly #embedder: QueryEmbedder;
  readonly #store: VectorStore;
  #watermark = 0;
  #isLoaded = false;
  #refreshing: Promise<void> | null = null;

  constructor(options: PgVectorOptions) {
    this.#db = options.db;
    this.#key = { kind: 'vector', generation: options.generation };
    this.#embedder = options.embedder;
    this.#store = new VectorStore(options.embedder.space, options.graphs);
  }

  /** What turns queries into vectors of this backend's space. */
  get embedder(): QueryEmbedder {
    return this.#embedder;
  }

  capabilities(): Capabilities {
    return {
      kind: 'vector',
      impl: 'pg-vector',
      holds: ['doc'],
      facets: false,
      durable: true,
      space: this.#embedder.space,
    };
  }

  async ensureSchema(): Promise<void> {
    await this.health();
  }

  async apply(batch: readonly VersionedOp[], upTo: number): Promise<Ack> {
    const ops = batch.filter((op) => (op.op === 'upsert' ? op.record.kind : op.kind) === 'doc');
    const vectors = await this.#vectorsOf(ops);
    let written: VersionedOp[] = [];
    let cursor = 0;
    const ack = await applyUnderCursor(this.#db, this.#key, upTo, async (tx, from) => {
      cursor = from;
      const held = await heldVersions(tx, 'search_vector_records', this.#key.generation, ops);
      const newest = newestOps(ops, held);
      await this.#write(tx, newest, vectors);
      written = newest;
      return {
        applied: newest.length,
        ignored: batch.length - newest.length,
        recordsDelta: recordsDelta(newest, held),
      };
    });
    await this.#advance(cursor, ack.watermark, written, vectors);
    return ack;
  }

  async query(query: LegQuery, context: LegContext): Promise<LegResult> {
    context.signal.throwIfAborted();
    const result = await this.#store.query(query, context.viewer, this.#watermark, context.signal);
    return this.#isLoaded ? result : { ...result, partial: true, partialReason: 'backfill_in_progress' };
  }

  /** Reads into memory what any replica has applied since the last time. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#load().finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  get(tenantId: string, ids: readonly string[]): Promise<Map<string, number>> {
    return versionsIn(this.#db, this.#key, TABLES, tenantId, ids);
  }

  stats(): Promise<BackendStats> {
    return statsOf(this.#db, this.#key, TABLES);
  }

  watermark(): number {
    return this.#watermark;
  }

  async health(): Promise<void> {
    await this.#db.ping();
  }

  async close(): Promise<void> {
    this.#store.close();
  }

  async #vectorsOf(ops: readonly VersionedOp[]): Promise<Map<VersionedOp, Float32Array>> {
    const vectors = new Map<VersionedOp, Float32Array>();
    const missing: { op: VersionedOp; text: string }[] = [];
    for (const op of ops) {
      if (op.op === 'delete' || op.record.kind !== 'doc') continue;
      const given = this.#given(op.record);
      if (given !== null) vectors.set(op, given);
      else missing.push({ op, text: `${op.record.title}\n${op.record.text.slice(0, EMBEDDED_CHARACTERS_MAX)}` });
    }
    if (missing.length === 0) return vectors;
    const made = await this.#embedder.embed(
      missing.map(({ text }) => text),
      AbortSignal.timeout(60_000),
    );
    missing.forEach(({ op }, i) => {
      const unit = unitVector(made[i] ?? [], this.#embedder.dims);
      if (unit !== null) vectors.set(op, unit);
    });
    return vectors;
  }

  #given({ embedding }: DocumentProjection): Float32Array | null {
    if (embedding === null || embedding.space !== this.#embedder.space) return null;
    return unitVector(embedding.vector, this.#embedder.dims);
  }

  async #write(
    tx: Transaction<unknown>,
    ops: readonly VersionedOp[],
    vectors: ReadonlyMap<VersionedOp, Float32Array>,
  ): Promise<void> {
    if (ops.length === 0) return;
    const packed = packBytes(
      ops.map((op) => {
        const vector = vectors.get(op);
        return vector === undefined ? null : new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
      }),
    );
    await tx.client.query(
      `INSERT INTO search.search_vector_records (generation, tenant_id, id, version, deleted, seq, attributes, vector)
       SELECT $1::int, tenant_id, id, version, deleted, seq, attributes, substring($8::bytea FROM first FOR size)
         FROM unnest($2::text[], $3::text[], $4::int[], $5::bool[], $6::bigint[], $7::json[], $9::int[], $10::int[])
           AS entry (tenant_id, id, version, deleted, seq, attributes, first, size)
       ON CONFLICT (generation, tenant_id, id) DO UPDATE SET version = excluded.version, deleted = excluded.deleted,
         seq = excluded.seq, attributes = excluded.attributes, vector = excluded.vector`,
      [
        this.#key.generation,
        ...headColumns(ops),
        sequenceColumn(ops),
        attributesColumn(ops),
        packed.bytes,
        packed.firsts,
        packed.sizes,
      ],
    );
  }

  /** Takes what this process has just committed without reading it back, when the memory stands right before it. */
  async #advance(
    from: number,
    upTo: number,
    ops: readonly VersionedOp[],
    vectors: ReadonlyMap<VersionedOp, Float32Array>,
  ): Promise<void> {
    if (this.#refreshing !== null) await this.#refreshing;
    if (!this.#isLoaded || this.#watermark !== from) {
      await this.refresh();
      return;
    }
    for (const op of ops) {
      const vector = vectors.get(op);
      if (vector === undefined || op.op === 'delete' || op.record.kind !== 'doc')
        this.#store.remove(op.tenantId, op.id);
      else this.#store.put(op.tenantId, op.id, op.record.attributes, vector);
    }
    this.#watermark = upTo;
  }

  async #load(): Promise<void> {
    const target = await cursorOf(this.#db.pool, this.#key);
    for (let from = this.#watermark; from < target; ) {
      const rows = await this.#page(from, target);
      for (const row of rows) {
        if (row.deleted || row.vector === null) this.#store.remove(row.tenant_id, row.id);
        else this.#store.put(row.tenant_id, row.id, row.attributes, toVector(row.vector));
      }
      const last = rows.at(-1);
      from = last === undefined || rows.length < PAGE ? target : Number(last.seq);
    }
    this.#watermark = Math.max(this.#watermark, target);
    this.#isLoaded = true;
  }

  async #page(from: number, target: number): Promise<VectorRow[]> {
    return this.#db.system(
      async (tx) => {
        const { rows } = await tx.client.query<VectorRow>(
          `SELECT tenant_id, id, deleted, seq, attributes, vector FROM search.search_vector_records
            WHERE generation = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT ${PAGE}`,
          [this.#key.generation, from, target],
        );
        return rows;
      },
      { readOnly: true, opening: READ_IN_ORDER },
    );
  }
}

interface VectorRow {
  readonly tenant_id: string;
  readonly id: string;
  readonly deleted: boolean;
  readonly seq: string;
  readonly attributes: RecordAttributes;
  readonly vector: Buffer | null;
}

function toVector(bytes: Buffer): Float32Array {
  const copy = new Uint8Array(bytes);
  return new Float32Array(copy.buffer, 0, copy.length / 4);
}
