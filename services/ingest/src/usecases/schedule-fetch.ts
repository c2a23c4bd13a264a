import type { Transaction } from '@peermesh/database';
import type { IngestSchema } from '../adapters/pg/schema.ts';
import type { StoredSource } from '../adapters/pg/source-store.ts';

/** Moves the next fetch to now, or to the end of the source's least interval. Requests in between fall together. */
export async function scheduleFetch(tx: Transaction<IngestSchema>, source: StoredSource, now: Date): Promise<Date> {
  const earliest =
    source.last_fetch_at === null ? now : new Date(source.last_fetch_at.getTime() + source.min_interval_seconds * 1000);
  const nextFetchAt = earliest > now ? earliest : now;
  await tx.query
    .updateTable('ingest_sources')
    .set({ next_fetch_at: nextFetchAt })
    .where('source_id', '=', source.source_id)
    .where('tenant_id', '=', source.tenant_id)
    .execute();
  return nextFetchAt;
}
