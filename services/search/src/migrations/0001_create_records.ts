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
    create table search.search_documents (
      tenant_id text not null,
      id text not null,
      version integer not null,
      upstream_version integer,
      deleted boolean not null default false,
      title text,
      text text not null,
      url text,
      language text,
      source_id text,
      content_id text,
      media_type text not null,
      content_hash text not null,
      authors text[] not null,
      topics text[] not null,
      keyphrases text[] not null,
      acl text[] not null,
      metadata jsonb not null,
      published_at timestamptz,
      seq bigint not null,
      created_at timestamptz not null,
      updated_at timestamptz not null,
      primary key (tenant_id, id)
    )`.execute(db);
  await compressColumn(db, 'search', 'search_documents', 'text');
  await sql`create index search_documents_listing on search.search_documents (tenant_id, seq desc) where not deleted`.execute(
    db,
  );
  await sql`create index search_documents_seq on search.search_documents (seq)`.execute(db);
  await sql`
    create table search.search_document_versions (
      tenant_id text not null,
      id text not null,
      version integer not null,
      deleted boolean not null,
      record jsonb not null,
      recorded_at timestamptz not null,
      superseded_at timestamptz not null,
      primary key (tenant_id, id, version)
    )`.execute(db);
  await compressColumn(db, 'search', 'search_document_versions', 'record');
  await sql`
    create table search.search_entities (
      tenant_id text not null,
      id text not null,
      version integer not null,
      deleted boolean not null default false,
      name text not null,
      name_key text not null,
      type text not null,
      aliases text[] not null,
      description text,
      confidence real not null,
      acl text[] not null,
      acl_derived boolean not null,
      seq bigint not null,
      created_at timestamptz not null,
      updated_at timestamptz not null,
      primary key (tenant_id, id)
    )`.execute(db);
  await sql`create unique index search_entities_name on search.search_entities (tenant_id, name_key, type) where not deleted`.execute(
    db,
  );
  await sql`create index search_entities_seq on search.search_entities (seq)`.execute(db);
  await sql`
    create table search.search_entity_names (
      tenant_id text not null,
      name_key text not null,
      type text not null,
      entity_id text not null,
      is_alias boolean not null,
      primary key (tenant_id, name_key, type, entity_id)
    )`.execute(db);
  await sql`create index search_entity_names_entity on search.search_entity_names (tenant_id, entity_id)`.execute(db);
  await sql`
    create table search.search_mentions (
      tenant_id text not null,
      document_id text not null,
      entity_id text not null,
      confidence real not null,
      count integer not null,
      primary key (tenant_id, document_id, entity_id)
    )`.execute(db);
  await sql`create index search_mentions_entity on search.search_mentions (tenant_id, entity_id)`.execute(db);
  await sql`
    create table search.search_relationships (
      tenant_id text not null,
      id text not null,
      version integer not null,
      deleted boolean not null default false,
      from_id text not null,
      to_id text not null,
      type text not null,
      confidence real not null,
      evidence text,
      document_id text,
      acl text[] not null,
      seq bigint not null,
      created_at timestamptz not null,
      updated_at timestamptz not null,
      primary key (tenant_id, id)
    )`.execute(db);
  await sql`create index search_relationships_seq on search.search_relationships (seq)`.execute(db);
  await sql`create index search_relationships_from on search.search_relationships (tenant_id, from_id)`.execute(db);
  await sql`create index search_relationships_to on search.search_relationships (tenant_id, to_id)`.execute(db);
  await sql`create index search_relationships_document on search.search_relationships (tenant_id, document_id) where document_id is not null`.execute(
    db,
  );
  await sql`
    create table search.search_embeddings (
      tenant_id text not null,
      document_id text not null,
      space text not null,
      version integer not null,
      vector bytea not null,
      primary key (tenant_id, document_id, space)
    )`.execute(db);
  await createOutboxTable(db, 'search');
  await createInboxTable(db, 'search');
  await createDeadLetterTable(db, 'search');
  await createIdempotencyTable(db, 'search');
  for (const table of [
    'search_documents',
    'search_document_versions',
    'search_entities',
    'search_entity_names',
    'search_mentions',
    'search_relationships',
    'search_embeddings',
  ]) {
    await enableTenantIsolation(db, 'search', table);
  }
}
