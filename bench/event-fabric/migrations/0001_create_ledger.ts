import { createDeadLetterTable, createInboxTable, createOutboxTable } from '@peermesh/database';
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await createOutboxTable(db, 'search');
  await createInboxTable(db, 'search');
  await createDeadLetterTable(db, 'search');
  await sql`CREATE TABLE search.search_ledger (position bigint GENERATED ALWAYS AS IDENTITY, event_id uuid NOT NULL, note text NOT NULL)`.execute(
    db,
  );
}
