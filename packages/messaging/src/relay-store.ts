import pg from 'pg';
import { tableOf } from './dead-letter-store.ts';
import type { OutboxBundle } from './outbox-bundle.ts';

/** One row of the outbox, as the relay reads it. */
export interface OutboxRow extends Pick<OutboxBundle, 'sizes'> {
  readonly position: string;
  readonly subject: string;
  /** The events of the bundle when they are text. */
  readonly text: string | null;
  /** The events of the bundle when they are not. */
  readonly bytes: Buffer | null;
}

const COLUMNS = `o.position::text, subject, sizes, CASE WHEN is_text THEN convert_from(events, 'UTF8') END AS text,
                CASE WHEN NOT is_text THEN events END AS bytes`;

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

/** One page of a round. */
export interface OutboxPage {
  /** The round holds the transaction ids from here to `horizon`, without it. */
  readonly from: string;
  readonly horizon: string;
  readonly rows: readonly OutboxRow[];
  readonly isLast: boolean;
}

/** With the largest bundles a page is 16 MiB. */
const PAGE_ROWS = 128;

/**
 * Settings of the relay's connection. What a crash takes from the relay's own notes is published again. Rounds are found by
 * transaction id, whatever the statistics say. The server keeps a page in memory before it sends it.
 */
export const RELAY_SESSION =
  "SET app.system = 'on'; SET synchronous_commit = off; SET enable_seqscan = off; SET jit = off; SET work_mem = '32MB'";

/** The relay's view of its tables, over one connection of its own. */
export class RelayStore {
  readonly #client: pg.Client;
  readonly #table: (name: string) => string;
  readonly #outbox: string;
  readonly #leader: string;
  readonly #chunks: string;
  readonly #lockKey: string;
  readonly #notes: string[] = [];
  #from = '0';
  #doneBefore = '0';
  /** The horizon of a round that has more pages. */
  #openHorizon: string | null = null;
  #inRound = false;
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
   * @returns false when another relay leads
   */
  async lead(holder: string): Promise<boolean> {
    const { rows: locks } = await this.#client.query<{ locked: boolean }>(
      'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS locked',
      [this.#lockKey],
    );
    if (locks[0]?.locked !== true) return false;
    const { rows } = await this.#client.query<{ epoch: string; done_before: string }>(
      `UPDATE ${this.#leader} SET epoch = epoch + 1, holder = $1, taken_at = now() RETURNING epoch::text, done_before::text`,
      [holder],
    );
    const row = rows[0];
    if (row === undefined) throw new Error(`${this.#leader} has no row: run the migrations`);
    this.epoch = row.epoch;
    this.#from = this.#doneBefore = row.done_before;
    return true;
  }

  /**
   * Reads the next page: the rest of the open round, or a new round from where the last one ended. A round is every settled
   * row of a stretch of transaction ids, by position. Settled means that no transaction which may still write is older: rows
   * that commit late are in a later round, never skipped. Only positions are sorted, and each row is read when its page is due:
   * what gathered while a broker was away for a day may be larger than memory.
   */
  async nextPage(): Promise<OutboxPage> {
    const from = this.#from;
    if (this.#openHorizon === null) {
      const results = await this.#afterNotes(
        `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
         SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS horizon;
         DECLARE outbox_round NO SCROLL CURSOR FOR
           SELECT ${COLUMNS}
             FROM (SELECT position + 0 AS position FROM ${this.#outbox}
                    WHERE xid >= ${BigInt(from)} AND xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
                    ORDER BY 1 OFFSET 0) AS settled
            CROSS JOIN LATERAL (SELECT * FROM ${this.#outbox} AS held WHERE held.position = settled.position OFFSET 0) AS o
            ORDER BY settled.position;
         FETCH ${PAGE_ROWS} FROM outbox_round`,
      );
      this.#inRound = true;
      const horizon = (results.at(-3)?.rows[0] as { horizon: string } | undefined)?.horizon ?? from;
      return this.#page(from, horizon, (results.at(-1)?.rows ?? []) as OutboxRow[]);
    }
    const { rows } = await this.#client.query<OutboxRow>(`FETCH ${PAGE_ROWS} FROM outbox_round`);
    return this.#page(from, this.#openHorizon, rows);
  }

  #page(from: string, horizon: string, rows: OutboxRow[]): OutboxPage {
    const isLast = rows.length < PAGE_ROWS;
    this.#openHorizon = isLast ? null : horizon;
    if (isLast) this.#from = horizon;
    return { from, horizon, rows, isLast };
  }

  /**
   * Notes where a page was published and, when it was the last of its round, that everything before the horizon is. The note
   * is sent with the beginning of a later round, in one round trip; a crash before that repeats what was not noted.
   */
  note(page: OutboxPage, chunks: readonly PublishedChunk[]): void {
    for (const { first, last, mark } of chunks)
      this.#notes.push(
        `(${BigInt(page.from)}, ${BigInt(page.horizon)}, ${BigInt(first)}, ${BigInt(last)}, ${pg.escapeLiteral(mark.stream)}, ${mark.sequence}, ${pg.escapeLiteral(mark.created)})`,
      );
    if (page.isLast) this.#doneBefore = page.horizon;
  }

  /** Everything before this transaction id is published. */
  get doneBefore(): string {
    return this.#doneBefore;
  }

  /** Sends what {@link note} has gathered, when no round follows at once. Only between rounds. */
  async settle(): Promise<void> {
    if (this.#inRound || this.#notes.length > 0) await this.#afterNotes('');
  }

  async #afterNotes(statements: string): Promise<pg.QueryResult[]> {
    const notes = this.#notes.splice(0);
    const ending = this.#inRound ? 'COMMIT;' : '';
    this.#inRound = false;
    const noting =
      notes.length === 0
        ? ''
        : `BEGIN;
      WITH fenced AS (UPDATE ${this.#leader} SET done_before = ${BigInt(this.#doneBefore)} WHERE epoch = ${BigInt(this.epoch)} RETURNING epoch),
           noted AS (INSERT INTO ${this.#chunks} (xid_from, xid_to, position_from, position_to, stream, stream_seq, stream_created)
                     SELECT part.* FROM fenced, (VALUES ${notes.join(', ')}) AS part)
      SELECT count(*)::int AS fenced FROM fenced; COMMIT;`;
    const answer = (await this.#client.query(`${ending}${noting}${statements}`)) as unknown as
      | pg.QueryResult
      | pg.QueryResult[];
    const results = Array.isArray(answer) ? answer : [answer];
    const fenced = results.find((result) => result.fields[0]?.name === 'fenced')?.rows[0] as
      | { fenced: number }
      | undefined;
    if (fenced?.fenced === 0) throw new Error('another relay has taken over');
    return results;
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
      `SELECT ${COLUMNS} FROM ${this.#outbox} AS o
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
