import { isUtf8 } from 'node:buffer';
import type { DeadLetter, DeadLetterChange, DeadLetterSummary } from '@peermesh/contracts/dead-letters';
import type { Database, Transaction } from '@peermesh/database';
import { tableOf } from './dead-letter-store.ts';
import type { EventHeaders } from './envelope.ts';

/** Which dead letters are meant; every member narrows. */
export interface DeadLetterCriteria {
  readonly ids?: readonly string[];
  readonly state?: string;
  readonly consumer?: string;
  readonly code?: string;
  readonly subject?: string;
  readonly from?: string;
  readonly to?: string;
}

/** The dead letters of one module as an administrator of a tenant handles them. */
export interface DeadLetterAdmin {
  list(
    tenantId: string,
    criteria: DeadLetterCriteria,
    window: { readonly limit: number; readonly offset: number },
  ): Promise<{ items: DeadLetterSummary[]; total: number }>;
  get(tenantId: string, id: string): Promise<DeadLetter | null>;
  /** Schedules open dead letters at a rate. */
  redrive(
    tenantId: string,
    criteria: DeadLetterCriteria,
    options: { readonly ratePerSecond: number; readonly dryRun: boolean; readonly by: string },
    inTransaction?: Joiner,
  ): Promise<DeadLetterChange>;
  discard(
    tenantId: string,
    criteria: DeadLetterCriteria,
    options: { readonly dryRun: boolean; readonly by: string },
    inTransaction?: Joiner,
  ): Promise<DeadLetterChange>;
}

/** Something that is to be committed together with the change. */
type Joiner = (tx: Pick<Transaction<never>, 'client'>, change: DeadLetterChange) => Promise<void>;

interface Row {
  readonly id: string;
  readonly consumer: string;
  readonly stream: string;
  readonly stream_seq: string;
  readonly subject: string;
  readonly event_id: string | null;
  readonly event_type: string | null;
  readonly code: string;
  readonly reason: string;
  readonly attempts: number;
  readonly redrives: number;
  readonly state: DeadLetterSummary['state'];
  readonly first_failed_at: Date;
  readonly last_failed_at: Date;
  readonly redrive_at: Date | null;
  readonly resolved_at: Date | null;
  readonly resolved_by: string | null;
}

const COLUMNS = `id, consumer, stream, stream_seq, subject, event_id, headers->>'ce-type' AS event_type, code, reason, attempts,
  redrives, state, first_failed_at, last_failed_at, redrive_at, resolved_at, resolved_by`;

/** The dead letters of a module. */
// biome-ignore lint/suspicious/noExplicitAny: dead letters exist in every schema
export function createDeadLetterAdmin(db: Database<any>, module: string): DeadLetterAdmin {
  const table = tableOf(db.schema, module, 'dead_letters');

  const change = (
    tenantId: string,
    criteria: DeadLetterCriteria,
    options: { readonly dryRun: boolean; readonly by: string },
    assignments: (meant: string, next: (value: unknown) => string) => string,
    join: Joiner | undefined,
  ): Promise<DeadLetterChange> =>
    db.tenant(tenantId, async (tx) => {
      const { where, values } = conditions(tenantId, { ...criteria, state: 'open' });
      let result: DeadLetterChange;
      if (options.dryRun) {
        const { rows } = await tx.client.query<{ total: number }>(
          `SELECT count(*)::int AS total FROM ${table} WHERE ${where}`,
          values,
        );
        result = { matched: rows[0]?.total ?? 0, changed: 0, dryRun: true };
      } else {
        const next = (value: unknown): string => `$${values.push(value)}`;
        const { rowCount } = await tx.client.query(
          `WITH meant AS (SELECT id, row_number() OVER (ORDER BY last_failed_at, id) - 1 AS rank FROM ${table} WHERE ${where})
           UPDATE ${table} AS letter SET ${assignments('meant', next)} FROM meant
            WHERE letter.id = meant.id AND letter.state = 'open'`,
          values,
        );
        result = { matched: rowCount ?? 0, changed: rowCount ?? 0, dryRun: false };
      }
      await join?.(tx, result);
      return result;
    });

  return {
    list: (tenantId, criteria, window) =>
      db.tenant(
        tenantId,
        async (tx) => {
          const { where, values } = conditions(tenantId, criteria);
          const total = await tx.client.query<{ total: number }>(
            `SELECT count(*)::int AS total FROM ${table} WHERE ${where}`,
            values,
          );
          const { rows } = await tx.client.query<Row>(
            `SELECT ${COLUMNS} FROM ${table} WHERE ${where} ORDER BY last_failed_at DESC, id DESC
              LIMIT $${values.length + 1} OFFSET $${values.length + 2}`,
            [...values, window.limit, window.offset],
          );
          return { items: rows.map(summaryOf), total: total.rows[0]?.total ?? 0 };
        },
        { readOnly: true },
      ),
    get: (tenantId, id) =>
      db.tenant(
        tenantId,
        async (tx) => {
          const { rows } = await tx.client.query<Row & { headers: EventHeaders; body: Buffer }>(
            `SELECT ${COLUMNS}, headers, body FROM ${table} WHERE tenant_id = $1 AND id = $2`,
            [tenantId, id],
          );
          const [row] = rows;
          if (row === undefined) return null;
          const bodyEncoding = isUtf8(row.body) ? 'utf8' : 'base64';
          return { ...summaryOf(row), headers: row.headers, bodyEncoding, body: row.body.toString(bodyEncoding) };
        },
        { readOnly: true },
      ),
    redrive: (tenantId, criteria, options, join) =>
      change(
        tenantId,
        criteria,
        options,
        (meant, next) =>
          `state = 'scheduled', resolved_by = ${next(options.by)},
           redrive_at = clock_timestamp() + ${meant}.rank / ${next(options.ratePerSecond)}::float8 * interval '1 second'`,
        join,
      ),
    discard: (tenantId, criteria, options, join) =>
      change(
        tenantId,
        criteria,
        options,
        (_meant, next) => `state = 'discarded', resolved_by = ${next(options.by)}, resolved_at = clock_timestamp()`,
        join,
      ),
  };
}

function conditions(tenantId: string, criteria: DeadLetterCriteria): { where: string; values: unknown[] } {
  const values: unknown[] = [tenantId];
  const parts = ['tenant_id = $1'];
  const add = (sql: string, value: unknown): void => {
    if (value !== undefined) parts.push(sql.replace('?', `$${values.push(value)}`));
  };
  add('id = ANY(?)', criteria.ids);
  add('state = ?', criteria.state);
  add('consumer = ?', criteria.consumer);
  add('code = ?', criteria.code);
  add('subject = ?', criteria.subject);
  add('last_failed_at >= ?', criteria.from);
  add('last_failed_at < ?', criteria.to);
  return { where: parts.join(' AND '), values };
}

function summaryOf(row: Row): DeadLetterSummary {
  return {
    id: row.id,
    consumer: row.consumer,
    stream: row.stream,
    streamSequence: Number(row.stream_seq),
    subject: row.subject,
    eventId: row.event_id,
    eventType: row.event_type,
    code: row.code,
    reason: row.reason,
    attempts: row.attempts,
    redrives: row.redrives,
    state: row.state,
    firstFailedAt: row.first_failed_at.toISOString(),
    lastFailedAt: row.last_failed_at.toISOString(),
    redriveAt: row.redrive_at?.toISOString() ?? null,
    resolvedAt: row.resolved_at?.toISOString() ?? null,
    resolvedBy: row.resolved_by,
  };
}
