import { bundleOutboxEvents } from '@peermesh/database';
import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await bundleOutboxEvents(db, 'auth');
}
