import type { DeadLetterRecord, DeadLetterSummary } from '@peermesh/contracts/dead-letters';
import type { Transaction } from '@peermesh/database';
import { commonErrors } from '@peermesh/errors';
import pg from 'pg';

type Tx = Pick<Transaction<never>, 'client'>;

interface Row {
  id: string;
  tenant_id: string;
  consumer: string;
  stream: string;
  stream_seq: string;
  subject: string;
  event_id: string | null;
  headers: Record<string, string>;
  body: Buffer;
  code: string;
  reason: string;
  attempts: number;
  state: DeadLetterSummary['state'];
  redrives: number;
  first_failed_at: Date;
  last_failed_at: Date;
  resolved_at: Date | null;
  resolved_by: string | null;
}

/** Which dead letters an operation means: the open ones that match everything given. */
export interface DeadLetterSelection {
  readonly tenantId: string;
  readonly ids?: readonly string[];
  readonly consumer?: string;
  readonly code?: string;
  readonly from?: string;
  readonly to?: string;
  readonly limit?: number;
  readonly isDryRun?: boolean;
}

const SELECTED = `state = 'open' AND ($1::text[] IS NULL OR id = ANY ($1)) AND ($2::text IS NULL OR consumer = $2) AND ($3::text IS NULL OR code = $3)
  AND ($4::timestamptz IS NULL OR last_failed_at >= $4) AND ($5::timestamptz IS NULL OR last_failed_at < $5) AND tenant_id = $7`;

/** Reads and settles the dead letters of one module. */
export class DeadLetterAdmin {
  readonly #table: string;
  readonly #outbox: string;
  readonly #inbox: string;

  constructor(schema: string, module: string) {
    const table = (name: string): string =>
      `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(`${module}_${name}`)}`;
    this.#table = table('dead_letters');
    this.#outbox = table('outbox');
    this.#inbox = table('inbox');
  }

  async list(
    tx: Tx,
    query: { tenantId: string; state?: string; consumer?: string; code?: string; limit: number; offset: number },
  ): Promise<{ items: DeadLetterSummary[]; total: number }> {
    const where =
      '($1::text IS NULL OR state = $1) AND ($2::text IS NULL OR consumer = $2) AND ($3::text IS NULL OR code = $3) AND tenant_id = $4';
    const values = [query.state ?? null, query.consumer ?? null, query.code ?? null, query.tenantId];
    const { rows: totals } = await tx.client.query<{ total: number }>(
      `SELECT count(*)::int AS total FROM ${this.#table} WHERE ${where}`,
      values,
    );
    const { rows } = await tx.client.query<Row>(
      `SELECT * FROM ${this.#table} WHERE ${where} ORDER BY last_failed_at DESC, id DESC LIMIT $5 OFFSET $6`,
      [...values, query.limit, query.offset],
    );
    return { items: rows.map(summaryOf), total: totals[0]?.total ?? 0 };
  }

  async get(tx: Tx, tenantId: string, id: string): Promise<DeadLetterRecord> {
    const { rows } = await tx.client.query<Row>(`SELECT * FROM ${this.#table} WHERE id = $1 AND tenant_id = $2`, [id, tenantId]);
    if (rows[0] === undefined) throw commonErrors.notFound();
    const { body } = rows[0];
    const text = body.toString('utf8');
    const isText = Buffer.from(text, 'utf8').equals(body);
    return {
      ...summaryOf(rows[0]),
      headers: rows[0].headers,
      body: isText ? text : body.toString('base64'),
      bodyEncoding: isText ? 'utf8' : 'base64',
    };
  }

  /**
   * Sends events to the one consumer that gave up on them, with their event id. In one transaction: the inbox row that says
   * `dead` goes, the outbox row comes, the dead letter is marked.
   */
  async redrive(tx: Tx, selection: DeadLetterSelection, by: string): Promise<number> {
    const rows = await this.#lock(tx, selection);
    if (selection.isDryRun === true || rows.length === 0) return rows.length;
    await tx.client.query(
      `DELETE FROM ${this.#inbox} i USING unnest($1::text[], $2::uuid[]) AS d (consumer, message_id)
        WHERE i.consumer = d.consumer AND i.message_id = d.message_id AND i.status = 'dead'`,
      [rows.map((row) => row.consumer), rows.map((row) => row.event_id)],
    );
    const headers = rows.map((row) =>
      JSON.stringify({
        ...row.headers,
        'Nats-Msg-Id': `${row.id}:${row.redrives + 1}`,
        'ce-attempt': String(row.attempts + 1),
      }),
    );
    await tx.client.query(
      `INSERT INTO ${this.#outbox} (id, tenant_id, partition_key, subject, stream, headers, body)
       SELECT gen_random_uuid(), r.tenant_id, r.partition_key, r.subject, 'REDRIVE', r.headers, r.body
         FROM unnest($1::text[], $2::text[], $3::text[], $4::jsonb[], $5::bytea[]) AS r (tenant_id, partition_key, subject, headers, body)`,
      [
        rows.map((row) => row.tenant_id),
        rows.map((row) => row.event_id ?? row.id),
        rows.map((row) => `redrive.${row.consumer}`),
        headers,
        rows.map((row) => row.body),
      ],
    );
    await this.#resolve(tx, rows, 'redriven', by);
    return rows.length;
  }

  /** Gives events up for good. */
  async discard(tx: Tx, selection: DeadLetterSelection, by: string): Promise<number> {
    const rows = await this.#lock(tx, selection);
    if (selection.isDryRun !== true) await this.#resolve(tx, rows, 'discarded', by);
    return rows.length;
  }

  async #lock(tx: Tx, selection: DeadLetterSelection): Promise<Row[]> {
    const { ids, consumer, code, from, to, limit } = selection;
    if (ids === undefined && consumer === undefined && code === undefined && from === undefined && to === undefined) {
      throw commonErrors.unprocessable({ detail: 'Name ids, a consumer, a code or a time range.' });
    }
    const { rows } = await tx.client.query<Row>(
      `SELECT * FROM ${this.#table} WHERE ${SELECTED} ORDER BY first_failed_at, id LIMIT $6 FOR UPDATE SKIP LOCKED`,
      [ids ?? null, consumer ?? null, code ?? null, from ?? null, to ?? null, limit ?? 1000, selection.tenantId],
    );
    return rows;
  }

  async #resolve(tx: Tx, rows: readonly Row[], state: 'redriven' | 'discarded', by: string): Promise<void> {
    await tx.client.query(
      `UPDATE ${this.#table} SET state = $2, resolved_at = clock_timestamp(), resolved_by = $3,
              redrives = redrives + CASE WHEN $2 = 'redriven' THEN 1 ELSE 0 END WHERE id = ANY ($1)`,
      [rows.map((row) => row.id), state, by],
    );
  }
}

function summaryOf(row: Row): DeadLetterSummary {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    consumer: row.consumer,
    stream: row.stream,
    streamSequence: Number(row.stream_seq),
    subject: row.subject,
    eventId: row.event_id,
    code: row.code,
    reason: row.reason,
    attempts: row.attempts,
    state: row.state,
    redrives: row.redrives,
    firstFailedAt: row.first_failed_at.toISOString(),
    lastFailedAt: row.last_failed_at.toISOString(),
    resolvedAt: row.resolved_at?.toISOString() ?? null,
    resolvedBy: row.resolved_by,
  };
}
