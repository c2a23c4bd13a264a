import { enableTenantIsolation } from '@peermesh/database';
import { type Kysely, sql } from 'kysely';

/**
 * An edge is stored once and found from both ends: a relationship holds its own, documents have theirs in a table of mentions.
 * Who may read an edge of a document is who may read the document, so mentions name nobody. Each index begins with what only it
 * can find: of two that begin alike the planner takes the wrong one as long as it has no statistics.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table search.search_graph_mentions (
      generation integer not null,
      tenant_id text not null,
      document_id text not null,
      entity_id text not null,
      weight real not null,
      primary key (document_id, generation, tenant_id, entity_id)
    )`.execute(db);
  await sql`
    alter table search.search_graph_relationships
      add from_id text not null default '', add to_id text not null default '', add type text not null default '',
      add weight real not null default 0, add acl text[] not null default '{}'`.execute(db);
  const held = ['search_graph_edges', 'search_graph_relationships'] as const;
  for (const table of held) await sql`alter table ${sql.id('search', table)} no force row level security`.execute(db);
  await sql`
    insert into search.search_graph_mentions (generation, tenant_id, document_id, entity_id, weight)
    select generation, tenant_id, from_id, to_id, max(weight) from search.search_graph_edges
     where not inverse and record_id = from_id group by generation, tenant_id, from_id, to_id`.execute(db);
  await sql`
    update search.search_graph_relationships held
       set from_id = edge.from_id, to_id = edge.to_id, type = edge.type, weight = edge.weight, acl = edge.acl
      from search.search_graph_edges edge
     where not edge.inverse and edge.generation = held.generation and edge.tenant_id = held.tenant_id
       and edge.record_id = held.id`.execute(db);
  await sql`alter table search.search_graph_relationships force row level security`.execute(db);
  await sql`drop table search.search_graph_edges`.execute(db);
  await sql`
    create index search_graph_mentions_entity
        on search.search_graph_mentions (entity_id, generation, tenant_id, weight desc, document_id)`.execute(db);
  await sql`
    create index search_graph_relationships_from
        on search.search_graph_relationships (from_id, generation, tenant_id, weight desc, to_id) where not deleted`.execute(
    db,
  );
  await sql`
    create index search_graph_relationships_to
        on search.search_graph_relationships (to_id, generation, tenant_id, weight desc, from_id) where not deleted`.execute(
    db,
  );
  await enableTenantIsolation(db, 'search', 'search_graph_mentions');
}
