import { createDeadLetterTable, createInboxTable, createOutboxTable } from '@peermesh/database';
import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await createOutboxTable(db, 'gateway');
  await createInboxTable(db, 'gateway');
  await createDeadLetterTable(db, 'gateway');
}
