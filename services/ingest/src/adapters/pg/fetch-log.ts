import type { SourceFetch } from '@peermesh/contracts/ingest';
import type { Transaction } from '@peermesh/database';
import { sql } from 'kysely';
import type { IngestSchema } from './schema.ts';

/** Appends one attempt to the log of a source. */
export async function appendFetch(
  tx: Transaction<IngestSchema>,
  tenantId: string,
  sourceId: string,
  fetch: Omit<SourceFetch, 'fetchedAt'> & { readonly fetchedAt: Date },
): Promise<void> {
  await tx.query
    .insertInto('ingest_source_fetches')
    .values({
      tenant_id: tenantId,
      source_id: sourceId,
      fetched_at: fetch.fetchedAt,
      duration_ms: fetch.durationMs,
      outcome: fetch.outcome,
      http_status: fetch.httpStatus,
      bytes: fetch.bytes,
      items_new: fetch.itemsNew,
      items_changed: fetch.itemsChanged,
      items_duplicate: fetch.itemsDuplicate,
      items_rejected: fetch.itemsRejected,
      code: fetch.code,
      detail: fetch.detail,
      raw_body: fetch.rawBody,
    })
    .execute();
}

/** One page of the log of a source, newest first. */
export async function listFetches(
  tx: Transaction<IngestSchema>,
  sourceId: string,
  page: { readonly offset: number; readonly limit: number },
): Promise<{ items: SourceFetch[]; total: number }> {
  const query = tx.query
    .selectFrom('ingest_source_fetches')
    .where('tenant_id', '=', tx.tenantId ?? '')
    .where('source_id', '=', sourceId);
  const rows = await query.selectAll().orderBy('fetched_at', 'desc').limit(page.limit).offset(page.offset).execute();
  const { total } = await query.select(sql<string>`count(*)`.as('total')).executeTakeFirstOrThrow();
  const items = rows.map((row) => ({
    fetchedAt: row.fetched_at.toISOString(),
    durationMs: row.duration_ms,
    outcome: row.outcome,
    httpStatus: row.http_status,
    bytes: row.bytes,
    itemsNew: row.items_new,
    itemsChanged: row.items_changed,
    itemsDuplicate: row.items_duplicate,
    itemsRejected: row.items_rejected,
    code: row.code,
    detail: row.detail,
    rawBody: row.raw_body,
  }));
  return { items, total: Number(total) };
}

/** Forgets attempts that are older than `before`. */
export async function trimFetchLog(tx: Transaction<IngestSchema>, before: Date): Promise<number> {
  const { rowCount } = await tx.client.query('delete from ingest_source_fetches where fetched_at < $1', [before]);
  return rowCount ?? 0;
}
