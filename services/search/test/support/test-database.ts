import { type ServiceDatabase, startServiceDatabase } from '@peermesh/testkit/service';

/** A migrated database of its own. */
export type SearchTestDatabase = ServiceDatabase;

/** Makes a database as production has it. */
export function startSearchDatabase(options: { readonly own?: boolean } = {}): Promise<SearchTestDatabase> {
  const migrations = new URL('../../src/migrations/', import.meta.url);
  return startServiceDatabase({ ...options, service: 'search', migrations });
}
