import type { Database } from '@peermesh/database';
import type { PollTransition } from '../../domain/sources/fetch-outcome.ts';
import type { IngestSchema } from './schema.ts';
import type { StoredSource } from './source-store.ts';
import type { SqlTransaction } from './sql-transaction.ts';

const CLAIM = `
  with ranked as (
    select source_id, row_number() over (partition by tenant_id order by next_fetch_at, source_id) as turn
    from ingest_sources
    where state = 'active' and next_fetch_at <= $1 and (lease_until is null or lease_until < $1)
  ), picked as (
    select source.source_id from ingest_sources source join ranked using (source_id)
    where source.state = 'active' and source.next_fetch_at <= $1 and (source.lease_until is null or source.lease_until < $1)
    order by ranked.turn, source.next_fetch_at limit $2 for update of source skip locked
  )
  update ingest_sources source set lease_until = $3, lease_epoch = lease_epoch + 1
  from picked where source.source_id = picked.source_id
  returning source.*`;

/**
 * Leases up to `limit` due sources. Tenants take turns, whatever their number of sources; other replicas skip what is
 * being leased. A lease that is not given back ends by itself, and its epoch makes a late result void.
 */
export async function claimDueSources(
  db: Database<IngestSchema>,
  now: Date,
  limit: number,
  leaseMs: number,
): Promise<StoredSource[]> {
  return db.system(async (tx) => {
    const { rows } = await tx.client.query<StoredSource>(CLAIM, [now, limit, new Date(now.getTime() + leaseMs)]);
    return rows;
  });
}

/** Whether the lease is still ours; keeps the row until the transaction ends. */
export async function holdsLease(tx: SqlTransaction, source: StoredSource): Promise<boolean> {
  const { rowCount } = await tx.client.query(
    'select 1 from ingest_sources where source_id = $1 and lease_epoch = $2 and lease_until is not null for update',
    [source.source_id, source.lease_epoch],
  );
  return rowCount === 1;
}

/** Gives the lease back without a fetch; the source is due again at `nextFetchAt`. */
export async function deferSource(db: Database<IngestSchema>, source: StoredSource, nextFetchAt: Date): Promise<void> {
  await db.system(async (tx) => {
    await tx.client.query(
      'update ingest_sources set lease_until = null, next_fetch_at = $3 where source_id = $1 and lease_epoch = $2',
      [source.source_id, source.lease_epoch, nextFetchAt],
    );
  });
}

/** Writes what a fetch changed and gives the lease back. A fetch that was asked for meanwhile is kept. */
export async function settleSource(
  tx: SqlTransaction,
  source: StoredSource,
  transition: PollTransition,
  result: { readonly outcome: string; readonly fetchedAt: Date; readonly isSuccess: boolean },
): Promise<void> {
  await tx.client.query(
    `update ingest_sources set lease_until = null, url = $3, etag = $4, last_modified = $5, failures = $6, failing_since = $7,
       moved_to = $8, moved_count = $9, state = case when state = 'active' then $10 else state end,
       state_reason = case when state = 'active' then $11 else state_reason end,
       next_fetch_at = case when state <> 'active' or $10 <> 'active' then null
         when next_fetch_at > $15::timestamptz then greatest(next_fetch_at, $14::timestamptz + make_interval(secs => min_interval_seconds)) else $12::timestamptz end,
       last_outcome = $13, last_fetch_at = $14, last_success_at = case when $16 then $14 else last_success_at end
     where source_id = $1 and lease_epoch = $2`,
    [
      source.source_id,
      source.lease_epoch,
      transition.url,
      transition.etag,
      transition.lastModified,
      transition.failures,
      transition.failingSince,
      transition.movedTo,
      transition.movedCount,
      transition.state,
      transition.stateReason,
      transition.nextFetchAt,
      result.outcome,
      result.fetchedAt,
      source.next_fetch_at,
      result.isSuccess,
    ],
  );
}
