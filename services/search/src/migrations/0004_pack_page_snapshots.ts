import { type Kysely, sql } from 'kysely';

/** Lists are packed into bytes that are not worth compressing; those of text, at most five minutes old, are dropped. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`truncate search.search_page_snapshots`.execute(db);
  await sql`alter table search.search_page_snapshots alter column page type bytea using ''::bytea`.execute(db);
  await sql`alter table search.search_page_snapshots alter column page set storage external`.execute(db);
}
