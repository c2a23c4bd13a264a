import { compressColumn, enableTenantIsolation, partitionByMonth } from '@peermesh/database';
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create sequence search.search_keyword_ord`.execute(db);
  await sql`
    create table search.search_keyword_records (
      generation integer not null,
      tenant_id text not null,
      id text not null,
      version integer not null,
      deleted boolean not null,
      seq bigint not null,
      ord bigint not null,
      kind text not null,
      attributes jsonb not null,
      length integer not null,
      terms text not null,
      frequencies bytea not null,
      primary key (generation, tenant_id, id)
    )`.execute(db);
  await compressColumn(db, 'search', 'search_keyword_records', 'terms');
  await sql`create index search_keyword_records_seq on search.search_keyword_records (generation, seq)`.execute(db);
  await sql`create unique index search_keyword_records_ord on search.search_keyword_records (generation, ord)`.execute(
    db,
  );
  await sql`
    create table search.search_keyword_postings (
      generation integer not null,
      tenant_id text not null,
      kind text not null,
      term text not null,
      block bigint not null,
      count integer not null,
      impact_max real not null,
      packed bytea not null,
      primary key (generation, tenant_id, kind, term, block)
    )`.execute(db);
  await sql`
    create table search.search_keyword_progress (
      generation integer primary key,
      posted_ord bigint not null
    )`.execute(db);
  await sql`
    create table search.search_keyword_statistics (
      generation integer not null,
      tenant_id text not null,
      kind text not null,
      records bigint not null,
      length_sum bigint not null,
      primary key (generation, tenant_id, kind)
    )`.execute(db);
  await sql`
    create table search.search_vector_records (
      generation integer not null,
      tenant_id text not null,
      id text not null,
      version integer not null,
      deleted boolean not null,
      seq bigint not null,
      attributes jsonb not null,
      vector bytea,
      primary key (generation, tenant_id, id)
    )`.execute(db);
  await sql`create index search_vector_records_seq on search.search_vector_records (generation, seq)`.execute(db);
  await sql`
    create table search.search_graph_nodes (
      generation integer not null,
      tenant_id text not null,
      id text not null,
      version integer not null,
      deleted boolean not null,
      name text not null,
      attributes jsonb not null,
      acl text[] not null,
      primary key (generation, tenant_id, id)
    )`.execute(db);
  await sql`
    create table search.search_graph_edges (
      generation integer not null,
      tenant_id text not null,
      from_id text not null,
      to_id text not null,
      type text not null,
      record_id text not null,
      inverse boolean not null,
      weight real not null,
      acl text[] not null,
      primary key (generation, tenant_id, from_id, to_id, type, record_id, inverse)
    )`.execute(db);
  await sql`create index search_graph_edges_best on search.search_graph_edges (generation, tenant_id, from_id, weight desc, to_id)`.execute(
    db,
  );
  await sql`create index search_graph_edges_record on search.search_graph_edges (generation, tenant_id, record_id)`.execute(
    db,
  );
  await sql`
    create table search.search_graph_relationships (
      generation integer not null,
      tenant_id text not null,
      id text not null,
      version integer not null,
      deleted boolean not null,
      primary key (generation, tenant_id, id)
    )`.execute(db);
  await sql`
    create table search.search_time_records (
      generation integer not null,
      tenant_id text not null,
      id text not null,
      version integer not null,
      deleted boolean not null,
      at timestamptz not null,
      keys text[] not null,
      attributes jsonb not null,
      acl text[] not null,
      primary key (generation, tenant_id, id)
    )`.execute(db);
  await sql`create index search_time_records_at on search.search_time_records (generation, tenant_id, at desc, id) where not deleted`.execute(
    db,
  );
  await partitionByMonth(db, {
    schema: 'search',
    table: 'search_time_rollups',
    column: 'bucket',
    columns: `
      generation integer not null,
      tenant_id text not null,
      grain text not null check (grain in ('hour', 'day')),
      bucket timestamptz not null,
      key text not null,
      acl_key text not null,
      acl text[] not null,
      count integer not null,
      primary key (generation, tenant_id, grain, bucket, key, acl_key)`,
  });
  await sql`create index search_time_rollups_key on search.search_time_rollups (generation, tenant_id, key, grain, bucket)`.execute(
    db,
  );
  await sql`
    create function search.search_ensure_month(at timestamptz) returns void language plpgsql security definer
    set search_path = search, pg_temp as $body$
    declare
      month timestamp := date_trunc('month', at at time zone 'utc');
      name text := format('search_time_rollups_y%sm%s', to_char(month, 'YYYY'), to_char(month, 'MM'));
    begin
      if to_regclass('search.' || name) is not null then return; end if;
      perform pg_advisory_xact_lock(hashtext('search_time_rollups'));
      execute format(
        'create table if not exists search.%I partition of search.search_time_rollups for values from (%L) to (%L)',
        name, month at time zone 'utc', (month + interval '1 month') at time zone 'utc');
      execute format('alter table search.%I enable row level security', name);
    end
    $body$`.execute(db);
  await sql`
    create unlogged table search.search_page_snapshots (
      id uuid primary key,
      tenant_id text not null,
      owner text not null,
      fingerprint text not null,
      secret text not null,
      page text not null,
      expires_at timestamptz not null
    )`.execute(db);
  await sql`create index search_page_snapshots_expiry on search.search_page_snapshots (expires_at)`.execute(db);
  for (const table of [
    'search_keyword_records',
    'search_keyword_postings',
    'search_keyword_statistics',
    'search_vector_records',
    'search_graph_nodes',
    'search_graph_edges',
    'search_graph_relationships',
    'search_time_records',
    'search_time_rollups',
    'search_page_snapshots',
  ]) {
    await enableTenantIsolation(db, 'search', table);
  }
}
