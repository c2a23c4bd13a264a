import { createDeadLetterTable, createIdempotencyTable, createInboxTable, createOutboxTable } from '@peermesh/database';
import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await createOutboxTable(db, 'auth');
  await createInboxTable(db, 'auth');
  await createDeadLetterTable(db, 'auth');
  await createIdempotencyTable(db, 'auth');
}
