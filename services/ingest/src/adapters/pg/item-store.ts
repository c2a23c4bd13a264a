import { newId } from '@peermesh/contracts';
import type { PreparedItem } from '../../domain/intake.ts';
import type { SqlTransaction } from './sql-transaction.ts';

/** What became of one prepared item. */
export interface StoredItem {
  readonly item: PreparedItem;
  readonly contentId: string;
  readonly documentId: string;
  readonly version: number;
  readonly isDuplicate: boolean;
}

interface ItemRow {
  readonly item_hash: Buffer;
  readonly document_id: string;
  readonly content_id: string;
  readonly version: number;
}

const UPSERT = `
  insert into ingest_items as item (tenant_id, item_hash, document_id, content_id, version, fingerprint)
  select $1, t.item_hash, t.document_id, t.content_id, 1, t.fingerprint
  from unnest($2::bytea[], $3::text[], $4::text[], $5::bytea[]) as t (item_hash, document_id, content_id, fingerprint)
  on conflict (tenant_id, item_hash) do update
    set content_id = excluded.content_id, version = item.version + 1, fingerprint = excluded.fingerprint, deleted_at = null
    where item.fingerprint <> excluded.fingerprint or item.deleted_at is not null
  returning item_hash, document_id, content_id, version`;

/**
 * Gives every item its identity: new, next version, or duplicate of what is there. Results keep the order of `items`.
 * Rows are locked in the order of their hash, so concurrent batches cannot deadlock.
 */
export async function resolveItems(
  tx: SqlTransaction,
  tenantId: string,
  items: readonly PreparedItem[],
): Promise<StoredItem[]> {
  const results = new Map<PreparedItem, StoredItem>();
  for (const round of roundsOf(items)) {
    for (const stored of await resolveDistinct(tx, tenantId, round)) results.set(stored.item, stored);
  }
  return items.map((item) => results.get(item) as StoredItem);
}

async function resolveDistinct(
  tx: SqlTransaction,
  tenantId: string,
  round: readonly PreparedItem[],
): Promise<StoredItem[]> {
  const sorted = [...round].sort((a, b) => Buffer.compare(a.itemHash, b.itemHash));
  const { rows } = await tx.client.query<ItemRow>(UPSERT, [
    tenantId,
    sorted.map((item) => item.itemHash),
    sorted.map(() => newId('document')),
    sorted.map(() => newId('content')),
    sorted.map((item) => item.fingerprint),
  ]);
  const written = new Map(rows.map((row) => [row.item_hash.toString('hex'), row]));
  const known = sorted.filter((item) => !written.has(item.itemHash.toString('hex')));
  const existing = known.length === 0 ? new Map<string, ItemRow>() : await readItems(tx, tenantId, known);
  return sorted.map((item) => {
    const key = item.itemHash.toString('hex');
    const row = written.get(key) ?? (existing.get(key) as ItemRow);
    return {
      item,
      contentId: row.content_id,
      documentId: row.document_id,
      version: row.version,
      isDuplicate: !written.has(key),
    };
  });
}

async function readItems(
  tx: SqlTransaction,
  tenantId: string,
  items: readonly PreparedItem[],
): Promise<Map<string, ItemRow>> {
  const { rows } = await tx.client.query<ItemRow>(
    'select item_hash, document_id, content_id, version from ingest_items where tenant_id = $1 and item_hash = any($2::bytea[])',
    [tenantId, items.map((item) => item.itemHash)],
  );
  return new Map(rows.map((row) => [row.item_hash.toString('hex'), row]));
}

/** The n-th occurrence of an item goes to the n-th round, because one statement may touch a row only once. */
function roundsOf(items: readonly PreparedItem[]): PreparedItem[][] {
  const rounds: PreparedItem[][] = [];
  const occurrences = new Map<string, number>();
  for (const item of items) {
    const key = item.itemHash.toString('hex');
    const round = occurrences.get(key) ?? 0;
    occurrences.set(key, round + 1);
    (rounds[round] ??= []).push(item);
  }
  return rounds;
}
