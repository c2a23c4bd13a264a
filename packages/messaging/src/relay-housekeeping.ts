import type { MetricsRegistry } from '@peermesh/telemetry';
import type { RelayStore } from './relay-store.ts';

const DAY_SECONDS = 24 * 3600;
const PRUNE_ROWS = 5_000;
const PRUNE_ROUNDS = 20;
const HOURLY_MS = 3600_000;
/** Longer than the streams and the dead-letter stream keep messages, so that nothing can come twice after it was forgotten. */
const INBOX_DAYS = 35;
const RESOLVED_DAYS = 90;
const BACKLOG_COUNTED = 100_000;

/** What the leading relay of a module does besides publishing: it measures the backlog and deletes what nobody needs. */
export class RelayHousekeeping {
  readonly #store: RelayStore;
  readonly #module: string;
  readonly #metrics: MetricsRegistry | undefined;
  readonly #retentionSeconds: number;
  #hourlyAt = 0;
  #horizon = '';
  #horizonSince = Date.now();

  constructor(
    store: RelayStore,
    options: {
      readonly module: string;
      readonly metrics?: MetricsRegistry | undefined;
      readonly retentionSeconds?: number;
    },
  ) {
    this.#store = store;
    this.#module = options.module;
    this.#metrics = options.metrics;
    this.#retentionSeconds = options.retentionSeconds ?? 7 * DAY_SECONDS;
  }

  /** @param from the horizon: every row before it is published */
  async run(from: string): Promise<void> {
    for (let round = 0; round < PRUNE_ROUNDS && (await this.#pruneOutbox(from)) === PRUNE_ROWS; round += 1);
    await this.#mergeChunks();
    if (Date.now() >= this.#hourlyAt) {
      this.#hourlyAt = Date.now() + HOURLY_MS;
      await this.#forget();
    }
    if (this.#metrics !== undefined) await this.#measure(this.#metrics, from);
  }

  async #pruneOutbox(from: string): Promise<number> {
    const { rowCount } = await this.#store.keep(
      `DELETE FROM {outbox} WHERE position IN (
         SELECT position FROM {outbox}
          WHERE xid < $1::bigint AND created_at < clock_timestamp() - $2 * interval '1 second' ORDER BY position LIMIT ${PRUNE_ROWS})`,
      [from, this.#retentionSeconds],
    );
    return rowCount ?? 0;
  }

  /** Makes one chunk of a hundred small ones: a republished stretch may be larger than what was lost. */
  async #mergeChunks(): Promise<void> {
    await this.#store.keep(
      `WITH small AS (
         SELECT id FROM {outbox_chunks}
          WHERE published_at < clock_timestamp() - interval '1 minute' AND position_to - position_from < 1000
          ORDER BY id LIMIT 10000),
       due AS (SELECT id FROM small WHERE (SELECT count(*) FROM small) >= 200),
       gone AS (DELETE FROM {outbox_chunks} WHERE id IN (SELECT id FROM due) RETURNING *),
       numbered AS (
         SELECT gone.*, (row_number() OVER (PARTITION BY stream, stream_created ORDER BY position_from) - 1) / 100 AS part FROM gone)
       INSERT INTO {outbox_chunks} (xid_from, xid_to, position_from, position_to, stream, stream_seq, stream_created, published_at)
       SELECT min(xid_from), max(xid_to), min(position_from), max(position_to), stream, max(stream_seq), stream_created, max(published_at)
         FROM numbered GROUP BY stream, stream_created, part`,
      [],
    );
    await this.#store.keep(
      `DELETE FROM {outbox_chunks} WHERE published_at < clock_timestamp() - $1 * interval '1 second'`,
      [this.#retentionSeconds],
    );
  }

  async #forget(): Promise<void> {
    const { rows } = await this.#store.keep<{ inbox: boolean; letters: boolean }>(
      `SELECT to_regclass($1) IS NOT NULL AS inbox, to_regclass($2) IS NOT NULL AS letters`,
      [this.#store.name('inbox'), this.#store.name('dead_letters')],
    );
    if (rows[0]?.inbox === true)
      await this.#store.keep(
        `DELETE FROM {inbox} WHERE received_at < clock_timestamp() - interval '${INBOX_DAYS} days'`,
        [],
      );
    if (rows[0]?.letters === true)
      await this.#store.keep(
        `DELETE FROM {dead_letters} WHERE state IN ('resolved', 'discarded') AND resolved_at < clock_timestamp() - interval '${RESOLVED_DAYS} days'`,
        [],
      );
  }

  async #measure(metrics: MetricsRegistry, from: string): Promise<void> {
    const { rows } = await this.#store.keep<{ waiting: number; age: number | null; horizon: string; held: boolean }>(
      `SELECT coalesce(sum(events), 0)::int AS waiting, extract(epoch FROM clock_timestamp() - min(created_at))::float8 AS age,
              pg_snapshot_xmin(pg_current_snapshot())::text AS horizon,
              pg_snapshot_xmin(pg_current_snapshot()) < pg_snapshot_xmax(pg_current_snapshot()) AS held
         FROM (SELECT created_at, cardinality(sizes) / 2 AS events FROM {outbox} WHERE xid >= $1::bigint LIMIT ${BACKLOG_COUNTED}) AS backlog`,
      [from],
    );
    const [row] = rows;
    if (row === undefined) return;
    if (row.horizon !== this.#horizon || !row.held) this.#horizonSince = Date.now();
    this.#horizon = row.horizon;
    const labels = { module: this.#module };
    const gauge = (name: string, help: string, value: number): void =>
      metrics.gauge({ name, help, labels: ['module'] }).set(labels, value);
    gauge('outbox_unpublished_rows', 'Events that wait for the relay.', row.waiting);
    gauge('outbox_oldest_age_seconds', 'Age of the oldest row that waits.', row.age ?? 0);
    gauge(
      'outbox_horizon_age_seconds',
      'For how long one open transaction has kept the relay from reading on.',
      (Date.now() - this.#horizonSince) / 1000,
    );
  }
}
