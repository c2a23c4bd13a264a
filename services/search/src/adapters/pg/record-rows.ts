import type { Transaction } from '@peermesh/database';
import { cleanJsonText } from '../../domain/records/clean-text.ts';
import type { DocumentRow, EntityRow, RelationshipRow } from '../../domain/records/document-row.ts';
import { BY_ID, lookUp } from './look-up.ts';

/** Rows written by one statement, so that one batch of large documents stays far below the limits of a message. */
const ROWS_BYTES_MAX = 8_000_000;

const DOCUMENT_COLUMNS =
  'tenant_id, id, version, upstream_version, deleted, title, text, url, language, source_id, content_id, media_type, content_hash, ' +
  'authors, topics, keyphrases, acl, metadata, published_at, seq, created_at, updated_at';
const ENTITY_COLUMNS =
  'tenant_id, id, version, deleted, name, name_key, type, aliases, description, confidence, acl, acl_derived, seq, created_at, updated_at';
const RELATIONSHIP_COLUMNS =
  'tenant_id, id, version, deleted, from_id, to_id, type, confidence, evidence, document_id, acl, seq, created_at, updated_at';

/** Writes whole documents; what they replace moves into the history. */
export async function writeDocumentRows(
  tx: Transaction<unknown>,
  rows: readonly DocumentRow[],
  replaced: readonly DocumentRow[],
): Promise<void> {
  if (replaced.length > 0) {
    await tx.client.query(
      `INSERT INTO search.search_document_versions (tenant_id, id, version, deleted, record, recorded_at, superseded_at)
       SELECT held.tenant_id, held.id, held.version, held.deleted, to_jsonb(held), held.updated_at, now()
         FROM unnest($1::text[], $2::text[]) AS wanted (tenant_id, id)
        ${lookUp('search_documents', BY_ID)} ON CONFLICT DO NOTHING`,
      [replaced.map((row) => row.tenant_id), replaced.map((row) => row.id)],
    );
  }
  await upsert(tx, 'search_documents', DOCUMENT_COLUMNS, rows);
}

/** Writes whole entities. */
export function writeEntityRows(tx: Transaction<unknown>, rows: readonly EntityRow[]): Promise<void> {
  return upsert(tx, 'search_entities', ENTITY_COLUMNS, rows);
}

/** Writes whole relationships. */
export function writeRelationshipRows(tx: Transaction<unknown>, rows: readonly RelationshipRow[]): Promise<void> {
  return upsert(tx, 'search_relationships', RELATIONSHIP_COLUMNS, rows);
}

async function upsert(
  tx: Transaction<unknown>,
  table: string,
  columns: string,
  rows: readonly object[],
): Promise<void> {
  const updates = columns
    .split(', ')
    .filter((column) => !['tenant_id', 'id', 'created_at'].includes(column))
    .map((column) => `${column} = excluded.${column}`)
    .join(', ');
  for (const chunk of chunks(rows.map(cleanJsonText))) {
    await tx.client.query(
      `INSERT INTO search.${table} (${columns})
       SELECT ${columns} FROM json_populate_recordset(NULL::search.${table}, $1::json)
       ON CONFLICT (tenant_id, id) DO UPDATE SET ${updates}`,
      [`[${chunk.join(',')}]`],
    );
  }
}

function* chunks(rows: readonly string[]): Generator<string[]> {
  let chunk: string[] = [];
  let bytes = 0;
  for (const row of rows) {
    if (chunk.length > 0 && bytes + row.length > ROWS_BYTES_MAX) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(row);
    bytes += row.length;
  }
  if (chunk.length > 0) yield chunk;
}

/** Reads rows by key as JSON-shaped objects: times as RFC 3339 text, numbers as numbers. */
export async function readRows<Row>(
  tx: Transaction<unknown>,
  table: 'search_documents' | 'search_entities' | 'search_relationships',
  keys: readonly { readonly tenantId: string; readonly id: string }[],
): Promise<Row[]> {
  if (keys.length === 0) return [];
  const { rows } = await tx.client.query<{ row: Row }>(
    `SELECT row_to_json(held) AS row FROM unnest($1::text[], $2::text[]) AS wanted (tenant_id, id)
      ${lookUp(table, BY_ID)}`,
    [keys.map((key) => key.tenantId), keys.map((key) => key.id)],
  );
  return rows.map(({ row }) => row);
}
