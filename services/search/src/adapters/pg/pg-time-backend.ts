import type { Database, Transaction } from '@peermesh/database';
import { rankByTrend, type TimedRecord } from '../../domain/time/rank-by-trend.ts';
import { instantOf, timeKeys } from '../../domain/time/trend-score.ts';
import { newestOps, recordsDelta } from '../../domain/versioned-ops.ts';
import type {
  Ack,
  BackendStats,
  Capabilities,
  LegContext,
  LegQuery,
  LegResult,
  SearchBackend,
  VersionedOp,
} from '../../ports.ts';
import { arrayText } from './array-text.ts';
import { cursorOf, statsOf, versionsIn } from './backend-stats.ts';
import { cancellable } from './cancellable-query.ts';
import { applyUnderCursor, type GenerationKey, heldVersions } from './generation-cursor.ts';
import { BY_ID, lookUp } from './look-up.ts';
import { attributesColumn, headColumns } from './op-columns.ts';
import { moveRollups, type TimeEntry } from './time-rollups.ts';
import { readTrends, type Trend, type TrendWindow } from './trend-query.ts';

const TABLES = ['search_time_records'];
const RECENT_MAX = 2_000;
const TREND_WINDOW_HOURS = 7 * 24;

/** Documents by the time they count for, and hourly and daily rollups of what they are about. */
export class PgTimeBackend implements SearchBackend {
  readonly kind = 'time';
  readonly #db: Database<unknown>;
  readonly #key: GenerationKey;
  readonly #now: () => number;
  readonly #months = new Set<string>();
  #watermark = 0;

  constructor(options: { readonly db: Database<unknown>; readonly generation: number; readonly now: () => number }) {
    this.#db = options.db;
    this.#key = { kind: 'time', generation: options.generation };
    this.#now = options.now;
  }

  capabilities(): Capabilities {
    return { kind: 'time', impl: 'pg-time', holds: ['doc'], facets: false, durable: true, space: null };
  }

  async ensureSchema(): Promise<void> {
    await this.#ensureMonths([this.#now()]);
  }

  async apply(batch: readonly VersionedOp[], upTo: number): Promise<Ack> {
    const ops = batch.filter((op) => (op.op === 'upsert' ? op.record.kind : op.kind) === 'doc');
    await this.#ensureMonths(ops.flatMap((op) => entryOf(op)?.at ?? []));
    const ack = await applyUnderCursor(this.#db, this.#key, upTo, async (tx) => {
      const held = await heldVersions(tx, 'search_time_records', this.#key.generation, ops);
      const newest = newestOps(ops, held);
      const removed = await this.#entriesBefore(tx, newest);
      await this.#write(tx, newest);
      await moveRollups(
        tx,
        this.#key.generation,
        newest.flatMap((op) => entryOf(op) ?? []),
        removed,
      );
      return {
        applied: newest.length,
        ignored: batch.length - newest.length,
        recordsDelta: recordsDelta(newest, held),
      };
    });
    this.#watermark = Math.max(this.#watermark, ack.watermark);
    return ack;
  }

  async refresh(): Promise<void> {
    this.#watermark = Math.max(this.#watermark, await cursorOf(this.#db.pool, this.#key));
  }

  async query(query: LegQuery, context: LegContext): Promise<LegResult> {
    const now = this.#now();
    const window = {
      of: null,
      key: null,
      until: now,
      windowHours: TREND_WINDOW_HOURS,
      bucket: 'day',
      limit: 200,
    } as const;
    return cancellable(this.#db, context, async (tx) => {
      const trends = await readTrends(tx, this.#key.generation, window, context.viewer);
      const records = await this.#recent(tx, now, context);
      const ranked = rankByTrend(records, new Map(trends.map((trend) => [trend.key, trend.score])), query, now);
      return {
        ...ranked,
        exhaustive: records.length < RECENT_MAX,
        partial: false,
        watermark: this.#watermark,
        facets: new Map(),
      };
    });
  }

  /** What is being written about, as the viewer may see it. */
  async trends(window: TrendWindow, context: LegContext): Promise<Trend[]> {
    return cancellable(this.#db, context, (tx) => readTrends(tx, this.#key.generation, window, context.viewer));
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

  async close(): Promise<void> {}

  async #recent(tx: Transaction<unknown>, now: number, { viewer }: LegContext): Promise<TimedRecord[]> {
    const { rows } = await tx.client.query<Omit<TimedRecord, 'at'> & { at: Date }>(
      `SELECT id, at, keys, attributes FROM search.search_time_records
        WHERE generation = $1 AND tenant_id = $2 AND NOT deleted AND at <= $3 AND acl && $4::text[]
        ORDER BY at DESC, id LIMIT ${RECENT_MAX}`,
      [this.#key.generation, viewer.tenantId, new Date(now), viewer.principals],
    );
    return rows.map((row) => ({ ...row, at: row.at.getTime() }));
  }

  async #entriesBefore(tx: Transaction<unknown>, ops: readonly VersionedOp[]): Promise<TimeEntry[]> {
    if (ops.length === 0) return [];
    const { rows } = await tx.client.query<{ tenant_id: string; at: Date; keys: string[]; acl: string[] }>(
      `SELECT held.tenant_id, held.at, held.keys, held.acl FROM unnest($2::text[], $3::text[]) AS wanted (tenant_id, id)
        ${lookUp('search_time_records', `held.generation = $1 AND ${BY_ID}`)}
        WHERE NOT held.deleted`,
      [this.#key.generation, ops.map((op) => op.tenantId), ops.map((op) => op.id)],
    );
    return rows.map((row) => ({ tenantId: row.tenant_id, at: row.at.getTime(), keys: row.keys, acl: row.acl }));
  }

  async #write(tx: Transaction<unknown>, ops: readonly VersionedOp[]): Promise<void> {
    if (ops.length === 0) return;
    const entries = ops.map((op) => entryOf(op));
    await tx.client.query(
      `INSERT INTO search.search_time_records (generation, tenant_id, id, version, deleted, at, keys, attributes, acl)
       SELECT $1::int, tenant_id, id, version, deleted, at, keys::text[], attributes, acl::text[]
         FROM unnest($2::text[], $3::text[], $4::int[], $5::bool[], $6::timestamptz[], $7::text[], $8::json[], $9::text[])
           AS entry (tenant_id, id, version, deleted, at, keys, attributes, acl)
       ON CONFLICT (generation, tenant_id, id) DO UPDATE SET version = excluded.version, deleted = excluded.deleted,
         at = excluded.at, keys = excluded.keys, attributes = excluded.attributes, acl = excluded.acl`,
      [
        this.#key.generation,
        ...headColumns(ops),
        arrayText(entries.map((entry) => new Date(entry?.at ?? 0).toISOString())),
        arrayText(entries.map((entry) => arrayText(entry?.keys ?? []))),
        attributesColumn(ops),
        arrayText(entries.map((entry) => arrayText(entry?.acl ?? []))),
      ],
    );
  }

  async #ensureMonths(instants: readonly number[]): Promise<void> {
    for (const instant of instants) {
      const month = new Date(instant).toISOString().slice(0, 7);
      if (this.#months.has(month)) continue;
      await this.#db.system((tx) => tx.client.query('SELECT search.search_ensure_month($1)', [new Date(instant)]));
      this.#months.add(month);
    }
  }
}

function entryOf(op: VersionedOp): TimeEntry | null {
  if (op.op === 'delete' || op.record.kind !== 'doc') return null;
  const { attributes, mentions } = op.record;
  return {
    tenantId: op.tenantId,
    at: instantOf(attributes.publishedAt, attributes.createdAt),
    keys: timeKeys(
      attributes.topics,
      mentions.map(({ entityId }) => entityId),
    ),
    acl: attributes.acl,
  };
}
