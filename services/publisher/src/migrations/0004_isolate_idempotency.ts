import { enableTenantIsolation } from '@peermesh/database';
import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await enableTenantIsolation(db, 'publisher', 'publisher_idempotency');
}
