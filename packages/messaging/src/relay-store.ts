import type pg from 'pg';
import { tableOf } from './dead-letter-store.ts';

/** One row of the outbox, as the relay reads it. */
export interface OutboxRow {
  readonly position: string;
  readonly subject: string;
  readonly stream: string;
  /** The header block as it goes over the wire. */
  readonly headers: Buffer;
  readonly body: Buffer;
}

/** A finished chunk of a round and what its rows got in one stream. */
export interface PublishedChunk {
  readonly first: string;
  readonly last: string;
  readonly mark: StreamMark;
}

/** Highest sequence that a chunk of rows got in one stream. */
export interface StreamMark {
  readonly stream: string;
  readonly sequence: number;
  readonly created: string;
}

/** The relay's view of its tables, over one connection of its own. */
export class RelayStore {
  readonly #client: pg.Client;
  readonly #table: (name: string) => string;
  readonly #outbox: string;
  readonly #leader: string;
  readonly #chunks: string;
  readonly #lockKey: string;
  epoch = '0';

  constructor(client: pg.Client, schema: string, module: string) {
    this.#client = client;
    this.#table = (name) => tableOf(schema, module, name);
    this.#outbox = this.#table('outbox');
    this.#leader = this.#table('outbox_leader');
    this.#chunks = this.#table('outbox_chunks');
    this.#lockKey = `outbox:${schema}.${module}`;
  }

  /**
   * Tries to become the leader; the lock is lost with the connection, the epoch fences a leader that does not know.
   * @returns the transaction id before which everything is published, or null when another relay leads
   */
  async lead(holder: string): Promise<string | null> {
    const { rows: locks } = await this.#client.query<{ locked: boolean }>(
      'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS locked',
      [this.#lockKey],
    );
    if (locks[0]?.locked !== true) return null;
    const { rows } = await this.#client.query<{ epoch: string; done_before: string }>(
      `UPDATE ${this.#leader} SET epoch = epoch + 1, holder = $1, taken_at = now() RETURNING epoch::text, done_before::text`,
      [holder],
    );
    const row = rows[0];
    if (row === undefined) throw new Error(`${this.#leader} has no row: run the migrations`);
    this.epoch = row.epoch;
    return row.done_before;
  }

  /**
   * Reads every settled row from `from` on, in chunks by position. Settled means that no transaction which may still write
   * is older: rows that commit late are in a later round, never skipped. The reading transaction is read-only.
   * @returns the horizon up to which it has read
   */
  async readRound(from: string, chunk: number, handle: (rows: OutboxRow[]) => Promise<void>): Promise<string> {
    const results = (await this.#client.query(
      `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
       SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS horizon;
       DECLARE outbox_round NO SCROLL CURSOR FOR
         SELECT o.position::text, subject, stream, headers, body FROM ${this.#outbox} AS o
          WHERE xid >= '${BigInt(from)}'::bigint AND xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint ORDER BY o.position;
       FETCH ${chunk} FROM outbox_round`,
    )) as unknown as pg.QueryResult[];
    const horizon = (results[1]?.rows[0] as { horizon: string } | undefined)?.horizon ?? from;
    try {
      let rows = (results[3]?.rows ?? []) as OutboxRow[];
      while (rows.length > 0) {
        await handle(rows);
        if (rows.length < chunk) break;
        rows = (await this.#client.query<OutboxRow>(`FETCH ${chunk} FROM outbox_round`)).rows;
      }
    } finally {
      await this.#client.query('COMMIT').catch(() => undefined);
    }
    return horizon;
  }

  /** Ends a round: everything before `horizon` is published, and where. A crash before this repeats the round. */
  async endRound(from: string, horizon: string, chunks: readonly PublishedChunk[]): Promise<void> {
    const { rowCount } = await this.#client.query(
      `WITH fenced AS (UPDATE ${this.#leader} SET done_before = $3::bigint WHERE epoch = $1 RETURNING epoch),
            noted AS (INSERT INTO ${this.#chunks} (xid_from, xid_to, position_from, position_to, stream, stream_seq, stream_created)
                      SELECT $2::bigint, $3::bigint, part.* FROM fenced,
                             unnest($4::bigint[], $5::bigint[], $6::text[], $7::bigint[], $8::text[]) AS part)
       SELECT 1 FROM fenced`,
      [
        this.epoch,
        from,
        horizon,
        chunks.map((chunk) => chunk.first),
        chunks.map((chunk) => chunk.last),
        chunks.map((chunk) => chunk.mark.stream),
        chunks.map((chunk) => chunk.mark.sequence),
        chunks.map((chunk) => chunk.mark.created),
      ],
    );
    if (rowCount !== 1) throw new Error('another relay has taken over');
  }

  /** Chunks whose messages a stream cannot hold: stored above its last sequence, or in an earlier incarnation of it. */
  async lostChunks(stream: string, lastSequence: number, created: string): Promise<ChunkRow[]> {
    const { rows } = await this.#client.query<ChunkRow>(
      `SELECT id::text, xid_from::text, xid_to::text, position_from::text, position_to::text, stream FROM ${this.#chunks}
        WHERE stream = $1 AND (stream_seq > $2 OR stream_created <> $3) ORDER BY position_from`,
      [stream, lastSequence, created],
    );
    return rows;
  }

  /** Reads rows again that a broker has lost. */
  async rowsOfChunk(chunk: ChunkRow): Promise<OutboxRow[]> {
    const { rows } = await this.#client.query<OutboxRow>(
      `SELECT o.position::text, subject, stream, headers, body FROM ${this.#outbox} AS o
        WHERE xid >= $1::bigint AND xid < $2::bigint AND position BETWEEN $3 AND $4 AND stream = $5 ORDER BY o.position`,
      [chunk.xid_from, chunk.xid_to, chunk.position_from, chunk.position_to, chunk.stream],
    );
    return rows;
  }

  /** After a chunk was published again. */
  async remark(id: string, mark: StreamMark): Promise<void> {
    await this.#client.query(`UPDATE ${this.#chunks} SET stream_seq = $2, stream_created = $3 WHERE id = $1`, [
      id,
      mark.sequence,
      mark.created,
    ]);
  }

  async streamsSeen(): Promise<string[]> {
    const { rows } = await this.#client.query<{ stream: string }>(`SELECT DISTINCT stream FROM ${this.#chunks}`);
    return rows.map((row) => row.stream);
  }

  /** A table of the module, quoted. */
  name(table: string): string {
    return this.#table(table);
  }

  /** Runs a statement of the housekeeping; `{outbox}` and the like stand for the module's tables. */
  async keep<Row extends pg.QueryResultRow>(statement: string, values: unknown[]): Promise<pg.QueryResult<Row>> {
    return this.#client.query<Row>(
      statement.replace(/\{(\w+)\}/g, (_, name: string) => this.#table(name)),
      values,
    );
  }
}

/** One published chunk of one stream. */
export interface ChunkRow {
  readonly id: string;
  readonly xid_from: string;
  readonly xid_to: string;
  readonly position_from: string;
  readonly position_to: string;
  readonly stream: string;
}
