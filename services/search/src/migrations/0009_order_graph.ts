import { type Kysely, sql } from 'kysely';

/** Replicas that keep the graph in memory read what was applied since the last time, in the order of the change log. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const table of ['search_graph_nodes', 'search_graph_relationships']) {
    const name = sql.table(`search.${table}`);
    await sql`alter table ${name} add column seq bigint not null default 0`.execute(db);
    await sql`create index ${sql.ref(`${table}_seq`)} on ${name} (generation, seq, tenant_id, id)`.execute(db);
  }
}
