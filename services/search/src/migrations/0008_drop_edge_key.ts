import { type Kysely, sql } from 'kysely';

/** The record that an edge belongs to keeps it unique: its edges are replaced together, under the lock of the generation. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table search.search_graph_edges drop constraint search_graph_edges_pkey`.execute(db);
}
