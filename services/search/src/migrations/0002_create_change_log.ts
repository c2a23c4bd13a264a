import { enableTenantIsolation } from '@peermesh/database';
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create sequence search.search_change_seq`.execute(db);
  await sql`
    create table search.search_changes (
      seq bigint primary key,
      tenant_id text not null,
      kind text not null check (kind in ('document', 'entity', 'relationship')),
      record_id text not null,
      version integer not null,
      deleted boolean not null,
      created_at timestamptz not null default clock_timestamp()
    )`.execute(db);
  await enableTenantIsolation(db, 'search', 'search_changes');
  await sql`
    create table search.search_backend_generations (
      kind text not null check (kind in ('keyword', 'vector', 'graph', 'time')),
      generation integer not null,
      impl text not null,
      config jsonb not null default '{}',
      space_id text,
      state text not null check (state in ('backfill', 'active', 'standby', 'retired')),
      epoch integer not null default 1,
      cursor_seq bigint not null default 0,
      records bigint not null default 0,
      created_at timestamptz not null default clock_timestamp(),
      primary key (kind, generation)
    )`.execute(db);
  await sql`create unique index search_backend_generations_active on search.search_backend_generations (kind) where state = 'active'`.execute(
    db,
  );
  await sql`
    create table search.search_announcements (
      singleton boolean primary key default true check (singleton),
      cursor_seq bigint not null default 0
    )`.execute(db);
  await sql`insert into search.search_announcements default values`.execute(db);
  await sql`
    create table search.search_embedding_models (
      space_id text primary key,
      documents integer not null,
      model bytea not null,
      created_at timestamptz not null default clock_timestamp()
    )`.execute(db);
  await sql`
    insert into search.search_backend_generations (kind, generation, impl, space_id, state) values
      ('keyword', 1, 'pg-keyword', null, 'active'),
      ('vector', 1, 'pg-vector', 'hashing@1/256', 'active'),
      ('graph', 1, 'pg-graph', null, 'active'),
      ('time', 1, 'pg-time', null, 'active')`.execute(db);
}
