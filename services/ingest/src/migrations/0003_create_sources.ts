import { enableTenantIsolation } from '@peermesh/database';
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table ingest_sources (
      tenant_id text not null,
      source_id text not null,
      kind text not null check (kind in ('feed', 'page', 'webhook', 'push')),
      name text not null,
      url text,
      schedule jsonb not null,
      after_source_id text,
      topics jsonb not null,
      acl jsonb not null,
      language text,
      min_interval_seconds integer not null,
      items_per_fetch_max integer not null,
      respect_robots boolean not null,
      state text not null check (state in ('active', 'paused', 'disabled')),
      state_reason text,
      secret text,
      previous_secret text,
      previous_secret_until timestamptz,
      next_fetch_at timestamptz,
      lease_until timestamptz,
      lease_epoch bigint not null default 0,
      etag text,
      last_modified text,
      last_fetch_at timestamptz,
      last_success_at timestamptz,
      last_outcome text,
      failures integer not null default 0,
      failing_since timestamptz,
      moved_to text,
      moved_count integer not null default 0,
      version integer not null default 1,
      created_at timestamptz not null,
      updated_at timestamptz not null,
      primary key (tenant_id, source_id)
    )`.execute(db);
  await sql`create unique index ingest_sources_id on ingest_sources (source_id)`.execute(db);
  await sql`create index ingest_sources_due on ingest_sources (next_fetch_at) where state = 'active' and next_fetch_at is not null`.execute(
    db,
  );
  await sql`create index ingest_sources_after on ingest_sources (tenant_id, after_source_id) where after_source_id is not null`.execute(
    db,
  );
  await sql`
    create table ingest_source_fetches (
      tenant_id text not null,
      source_id text not null,
      fetched_at timestamptz not null,
      duration_ms integer not null,
      outcome text not null,
      http_status integer,
      bytes integer not null,
      items_new integer not null,
      items_changed integer not null,
      items_duplicate integer not null,
      items_rejected integer not null,
      code text,
      detail text,
      raw_body text
    )`.execute(db);
  await sql`create index ingest_source_fetches_source on ingest_source_fetches (tenant_id, source_id, fetched_at desc)`.execute(
    db,
  );
  await sql`create index ingest_source_fetches_age on ingest_source_fetches (fetched_at)`.execute(db);
  await sql`
    create table ingest_hosts (
      host text primary key,
      paused_until timestamptz,
      robots_kind text check (robots_kind in ('rules', 'absent', 'unreachable')),
      robots_body text,
      robots_fetched_at timestamptz
    )`.execute(db);
  for (const table of ['ingest_sources', 'ingest_source_fetches']) await enableTenantIsolation(db, 'ingest', table);
}
