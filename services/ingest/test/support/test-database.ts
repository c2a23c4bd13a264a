import { type ServiceDatabase, startServiceDatabase } from '@peermesh/testkit/service';
import type { IngestSchema } from '../../src/adapters/pg/schema.ts';

export const MIGRATIONS = new URL('../../src/migrations/', import.meta.url);

/** A migrated database of its own. */
export type IngestTestDatabase = ServiceDatabase<IngestSchema>;

/** Makes a database as production has it. */
export function startIngestDatabase(options: { readonly own?: boolean } = {}): Promise<IngestTestDatabase> {
  return startServiceDatabase({ ...options, service: 'ingest', migrations: MIGRATIONS });
}
