import { compressColumn } from '@peermesh/database';
import { type Kysely, sql } from 'kysely';

/**
 * Attributes are stored and read back whole, so they need not be taken apart to be written. Blocks of postings are kilobytes:
 * compressing them the old way took more time than writing them.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const table of [
    'search_keyword_records',
    'search_vector_records',
    'search_graph_nodes',
    'search_time_records',
  ]) {
    await sql`alter table ${sql.id('search', table)} alter attributes type json using attributes::json`.execute(db);
    await compressColumn(db, 'search', table, 'attributes');
  }
  await compressColumn(db, 'search', 'search_keyword_postings', 'packed');
}
