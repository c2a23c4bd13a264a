import type { ContentDocument } from '@peermesh/contracts/events';
import type { ContentRecord } from '@peermesh/contracts/ingest';
import type { Transaction } from '@peermesh/database';
import { sql } from 'kysely';
import type { StoredItem } from './item-store.ts';
import type { IngestSchema } from './schema.ts';
import type { SqlTransaction } from './sql-transaction.ts';

/** A submission to remember. */
export interface NewContent {
  readonly stored: StoredItem;
  readonly status: 'extraction_requested' | 'extracted';
  readonly jobId: string | null;
  readonly document: ContentDocument;
}

/** Which submissions to list. `principals` null means that the caller sees everything of the tenant. */
export interface ContentFilter {
  readonly sourceId?: string;
  readonly documentId?: string;
  readonly status?: ContentRecord['status'];
  readonly topic?: string;
  readonly submittedAfter?: string;
  readonly submittedBefore?: string;
  readonly reader: ContentReader;
}

/** Who reads: content is shown to its submitter and to the principals of its ACL; null sees everything. */
export type ContentReader = { readonly subject: string; readonly principals: readonly string[] } | null;

type ContentRow = IngestSchema['ingest_contents'];

const INSERT = `
  insert into ingest_contents (tenant_id, content_id, document_id, version, source_id, item_hash, status, topics, acl,
    document, job_id, submitted_by, submitted_at, updated_at)
  select $1, t.content_id, t.document_id, t.version, t.source_id, t.item_hash, t.status, t.topics::jsonb, t.acl::jsonb,
    t.document, t.job_id, $2, $3, $3
  from unnest($4::text[], $5::text[], $6::int[], $7::text[], $8::bytea[], $9::text[], $10::text[], $11::text[],
    $12::text[], $13::text[]) as t (content_id, document_id, version, source_id, item_hash, status, topics, acl, document, job_id)`;

/** Remembers submissions, all in one statement. */
export async function insertContents(
  tx: SqlTransaction,
  tenantId: string,
  submittedBy: string,
  submittedAt: Date,
  contents: readonly NewContent[],
): Promise<void> {
  await tx.client.query(INSERT, [
    tenantId,
    submittedBy,
    submittedAt,
    contents.map(({ stored }) => stored.contentId),
    contents.map(({ stored }) => stored.documentId),
    contents.map(({ stored }) => stored.version),
    contents.map(({ document }) => document.sourceId),
    contents.map(({ stored }) => stored.item.itemHash),
    contents.map(({ status }) => status),
    contents.map(({ document }) => JSON.stringify(document.topics)),
    contents.map(({ document }) => JSON.stringify(document.acl)),
    contents.map(({ document }) => JSON.stringify(document)),
    contents.map(({ jobId }) => jobId),
  ]);
}

/** One page of submissions, newest first, and how many there are. */
export async function listContents(
  tx: Transaction<IngestSchema>,
  filter: ContentFilter,
  page: { readonly offset: number; readonly limit: number },
): Promise<{ items: ContentRecord[]; total: number }> {
  let query = tx.query.selectFrom('ingest_contents').where(visibleTo(filter.reader));
  if (tx.tenantId !== null) query = query.where('tenant_id', '=', tx.tenantId);
  if (filter.sourceId !== undefined) query = query.where('source_id', '=', filter.sourceId);
  if (filter.documentId !== undefined) query = query.where('document_id', '=', filter.documentId);
  if (filter.status !== undefined) query = query.where('status', '=', filter.status);
  if (filter.topic !== undefined) query = query.where(sql<boolean>`topics ? ${filter.topic}`);
  if (filter.submittedAfter !== undefined) query = query.where('submitted_at', '>', new Date(filter.submittedAfter));
  if (filter.submittedBefore !== undefined) query = query.where('submitted_at', '<', new Date(filter.submittedBefore));
  const rows = await query.selectAll().orderBy('content_id', 'desc').limit(page.limit).offset(page.offset).execute();
  const { total } = await query.select(sql<string>`count(*)`.as('total')).executeTakeFirstOrThrow();
  return { items: rows.map((row) => toRecord(row)), total: Number(total) };
}

/** One submission when the reader may know of it, else undefined. */
export async function readContent(
  tx: Transaction<IngestSchema>,
  contentId: string,
  reader: ContentReader,
  withText = false,
): Promise<ContentRecord | undefined> {
  const row = await tx.query
    .selectFrom('ingest_contents')
    .selectAll()
    .where('content_id', '=', contentId)
    .where('tenant_id', '=', tx.tenantId ?? '')
    .where(visibleTo(reader))
    .executeTakeFirst();
  return row === undefined ? undefined : toRecord(row, withText);
}

/** The documents of submissions as they were published. */
export async function readDocuments(
  tx: Transaction<IngestSchema>,
  contentIds: readonly string[],
): Promise<Map<string, ContentDocument>> {
  const rows = await tx.query
    .selectFrom('ingest_contents')
    .select(['content_id', 'document'])
    .where('status', '<>', 'deleted')
    .where('content_id', 'in', [...contentIds])
    .execute();
  return new Map(rows.map((row) => [row.content_id, JSON.parse(row.document) as ContentDocument]));
}

function visibleTo(reader: ContentReader) {
  if (reader === null) return sql<boolean>`true`;
  return sql<boolean>`(acl ?| ${[...reader.principals]}::text[] or submitted_by = ${reader.subject})`;
}

function toRecord(row: ContentRow, withText = false): ContentRecord {
  const document = JSON.parse(row.document) as ContentDocument;
  return {
    contentId: row.content_id,
    documentId: row.document_id,
    version: row.version,
    sourceId: row.source_id,
    itemKey: document.itemKey,
    status: row.status,
    title: document.title,
    url: document.url,
    mediaType: document.mediaType,
    contentHash: document.contentHash,
    topics: document.topics,
    acl: document.acl,
    jobId: row.job_id,
    failure: row.failure_code === null ? null : { code: row.failure_code, detail: row.failure_detail ?? '' },
    submittedBy: row.submitted_by,
    submittedAt: row.submitted_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    ...(withText ? { text: document.text } : {}),
  };
}

/** Marks an item and all of its submissions as deleted; queued jobs end. Returns the current version. */
export async function deleteItem(
  tx: Transaction<IngestSchema>,
  { documentId }: Pick<ContentRecord, 'documentId'>,
  now: Date,
): Promise<{ contentId: string; version: number }> {
  const tenantId = tx.tenantId ?? '';
  const { rows } = await tx.client.query<{ content_id: string; version: number }>(
    `update ingest_items set deleted_at = $3 where tenant_id = $1 and item_hash =
       (select item_hash from ingest_contents where tenant_id = $1 and document_id = $2 limit 1) returning content_id, version`,
    [tenantId, documentId, now],
  );
  await tx.client.query(
    `update ingest_contents set status = 'deleted', updated_at = $3 where tenant_id = $1 and document_id = $2 and status <> 'deleted'`,
    [tenantId, documentId, now],
  );
  await tx.client.query(
    `update ingest_jobs set state = 'failed', finished_at = $3, failure_code = 'PM_INGEST_CONTENT_WITHDRAWN', failure_detail = 'The item was withdrawn.'
     where tenant_id = $1 and document_id = $2 and state = 'queued'`,
    [tenantId, documentId, now],
  );
  return { contentId: rows[0]?.content_id ?? '', version: rows[0]?.version ?? 1 };
}
