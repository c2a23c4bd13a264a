import { createDeadLetterTable, createInboxTable, createOutboxTable } from '@peermesh/database';
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await createOutboxTable(db, 'search');
  await createInboxTable(db, 'search');
  await createDeadLetterTable(db, 'search');
  await sql`CREATE TABLE search.search_measured (event_id uuid PRIMARY KEY, data jsonb NOT NULL)`.execute(db);
}
