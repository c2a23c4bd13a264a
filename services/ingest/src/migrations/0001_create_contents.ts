import {
  compressColumn,
  createDeadLetterTable,
  createIdempotencyTable,
  createInboxTable,
  createOutboxTable,
  enableTenantIsolation,
} from '@peermesh/database';
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table ingest_items (
      tenant_id text not null,
      item_hash bytea not null,
      document_id text not null,
      content_id text not null,
      version integer not null,
      fingerprint bytea not null,
      deleted_at timestamptz,
      primary key (tenant_id, item_hash)
    )`.execute(db);
  await sql`
    create table ingest_contents (
      tenant_id text not null,
      content_id text not null,
      document_id text not null,
      version integer not null,
      source_id text,
      item_hash bytea not null,
      status text not null check (status in ('accepted', 'extraction_requested', 'extracted', 'failed', 'deleted')),
      topics jsonb not null,
      acl jsonb not null,
      document text not null,
      job_id text,
      failure_code text,
      failure_detail text,
      submitted_by text not null,
      submitted_at timestamptz not null,
      updated_at timestamptz not null,
      primary key (tenant_id, content_id)
    )`.execute(db);
  await compressColumn(db, 'ingest', 'ingest_contents', 'document');
  await sql`create index ingest_contents_document on ingest_contents (tenant_id, document_id)`.execute(db);
  await sql`create index ingest_contents_source on ingest_contents (tenant_id, source_id, content_id) where source_id is not null`.execute(
    db,
  );
  await sql`
    create table ingest_quotas (
      tenant_id text primary key,
      items_per_day bigint not null,
      bytes_per_day bigint not null,
      sources_max integer not null
    )`.execute(db);
  await sql`
    create table ingest_quota_usage (
      tenant_id text not null,
      day date not null,
      items bigint not null,
      bytes bigint not null,
      primary key (tenant_id, day)
    )`.execute(db);
  await createOutboxTable(db, 'ingest');
  await createInboxTable(db, 'ingest');
  await createDeadLetterTable(db, 'ingest');
  await createIdempotencyTable(db, 'ingest');
  for (const table of ['ingest_items', 'ingest_contents', 'ingest_quotas', 'ingest_quota_usage']) {
    await enableTenantIsolation(db, 'ingest', table);
  }
}
