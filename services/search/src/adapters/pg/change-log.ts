import type { Transaction } from '@peermesh/database';
import { traceHeaders } from '@peermesh/telemetry';
import type { ChangeRow } from '../../domain/records/document-row.ts';
import { arrayText, plainArrayText } from './array-text.ts';

/**
 * Takes the records of some tenants for this transaction: what it reads of them does not change before it writes. Writers
 * of different tenants do not wait for each other until they write. Take all tenants at once, and before anything else.
 */
export async function lockRecords(tx: Transaction<unknown>, tenantIds: readonly string[]): Promise<void> {
  await tx.client.query(
    `SELECT pg_advisory_xact_lock(hashtextextended('search.records/' || tenant_id, 0)) FROM unnest($1::text[]) AS tenant_id`,
    [[...new Set(tenantIds)].sort()],
  );
}

/**
 * Takes the change log for this transaction. Sequence numbers are given out under this lock and it is held until commit,
 * so numbers become visible in order: whoever has read up to N has missed nothing below N.
 */
export async function lockChangeLog(tx: Transaction<unknown>): Promise<void> {
  await tx.client.query(`SELECT pg_advisory_xact_lock(hashtextextended('search.search_changes', 0))`);
}

/** The next numbers, in order. Only under {@link lockChangeLog}. */
export async function takeSequences(tx: Transaction<unknown>, count: number): Promise<number[]> {
  if (count === 0) return [];
  const { rows } = await tx.client.query<{ seq: string }>(
    `SELECT nextval('search.search_change_seq') AS seq FROM generate_series(1, $1)`,
    [count],
  );
  return rows.map((row) => Number(row.seq)).sort((a, b) => a - b);
}

/** Writes lines of the log, with the trace that they belong to, and wakes the projectors when they commit. */
export async function appendChanges(tx: Transaction<unknown>, changes: readonly ChangeRow[]): Promise<void> {
  if (changes.length === 0) return;
  await tx.client.query(
    `INSERT INTO search.search_changes (seq, tenant_id, kind, record_id, version, deleted, traceparent)
     SELECT *, $7 FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::int[], $6::bool[])`,
    [
      plainArrayText(changes.map((change) => change.seq)),
      arrayText(changes.map((change) => change.tenant_id)),
      arrayText(changes.map((change) => change.kind)),
      arrayText(changes.map((change) => change.record_id)),
      plainArrayText(changes.map((change) => change.version)),
      plainArrayText(changes.map((change) => change.deleted)),
      traceHeaders()['traceparent'] ?? null,
    ],
  );
  await tx.client.query(`SELECT pg_notify('search_changed', '')`);
}

/** The last number that is visible. */
export async function headOf(client: {
  query(text: string): Promise<{ rows: { head: string | null }[] }>;
}): Promise<number> {
  const { rows } = await client.query('SELECT max(seq) AS head FROM search.search_changes');
  return Number(rows[0]?.head ?? 0);
}
