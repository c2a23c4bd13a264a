import {
  createDeadLetterTable,
  createIdempotencyTable,
  createInboxTable,
  createOutboxTable,
  enableTenantIsolation,
} from '@peermesh/database';
import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await createOutboxTable(db, 'mesh');
  await createInboxTable(db, 'mesh');
  await createDeadLetterTable(db, 'mesh');
  await createIdempotencyTable(db, 'mesh');
  await enableTenantIsolation(db, 'mesh', 'mesh_idempotency');
}
