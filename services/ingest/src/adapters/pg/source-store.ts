import type { Source, SourceSchedule } from '@peermesh/contracts/ingest';
import type { Transaction } from '@peermesh/database';
import { sql } from 'kysely';
import type { IngestSchema, SourceRow } from './schema.ts';
import type { SqlTransaction } from './sql-transaction.ts';

/** A source as it is stored. */
export type StoredSource = {
  [Key in keyof SourceRow]: Key extends 'lease_epoch'
    ? string
    : Key extends 'failures' | 'moved_count' | 'version'
      ? number
      : SourceRow[Key];
} & {
  schedule: SourceSchedule;
  topics: string[];
  acl: string[];
};

/** Which sources to list. */
export interface SourceFilter {
  readonly kind?: Source['kind'];
  readonly state?: Source['state'];
  readonly topic?: string;
}

/** One page of sources, newest first, and how many there are. */
export async function listSources(
  tx: Transaction<IngestSchema>,
  filter: SourceFilter,
  page: { readonly offset: number; readonly limit: number },
): Promise<{ items: Source[]; total: number }> {
  let query = tx.query.selectFrom('ingest_sources').where('tenant_id', '=', tx.tenantId ?? '');
  if (filter.kind !== undefined) query = query.where('kind', '=', filter.kind);
  if (filter.state !== undefined) query = query.where('state', '=', filter.state);
  if (filter.topic !== undefined) query = query.where(sql<boolean>`topics ? ${filter.topic}`);
  const rows = await query.selectAll().orderBy('source_id', 'desc').limit(page.limit).offset(page.offset).execute();
  const { total } = await query.select(sql<string>`count(*)`.as('total')).executeTakeFirstOrThrow();
  return { items: rows.map((row) => toSource(row as StoredSource)), total: Number(total) };
}

/** One source of the tenant; `lock` keeps others from changing it until the transaction ends. */
export async function readSource(
  tx: Transaction<IngestSchema>,
  sourceId: string,
  lock = false,
): Promise<StoredSource | undefined> {
  const query = tx.query
    .selectFrom('ingest_sources')
    .selectAll()
    .where('tenant_id', '=', tx.tenantId ?? '')
    .where('source_id', '=', sourceId);
  return (await (lock ? query.forUpdate() : query).executeTakeFirst()) as StoredSource | undefined;
}

/** A source by id whatever its tenant; only for callers that prove themselves by the source's own secret. */
export async function findSource(tx: Transaction<IngestSchema>, sourceId: string): Promise<StoredSource | undefined> {
  return (await tx.query
    .selectFrom('ingest_sources')
    .selectAll()
    .where('source_id', '=', sourceId)
    .executeTakeFirst()) as StoredSource | undefined;
}

/** Sources of the tenant by id. */
export async function readSources(
  tx: Transaction<IngestSchema>,
  sourceIds: readonly string[],
): Promise<Map<string, StoredSource>> {
  const rows = await tx.query
    .selectFrom('ingest_sources')
    .selectAll()
    .where('tenant_id', '=', tx.tenantId ?? '')
    .where('source_id', 'in', [...sourceIds])
    .execute();
  return new Map(rows.map((row) => [row.source_id, row as StoredSource]));
}

/** Wakes the sources that wait for new content of others. */
export async function wakeFollowers(
  tx: SqlTransaction,
  tenantId: string,
  sourceIds: readonly string[],
  now: Date,
): Promise<void> {
  await tx.client.query(
    `update ingest_sources set next_fetch_at = least(coalesce(next_fetch_at, 'infinity'),
       greatest($3::timestamptz, coalesce(last_fetch_at + make_interval(secs => min_interval_seconds), $3::timestamptz)))
     where tenant_id = $1 and after_source_id = any($2::text[]) and state = 'active'`,
    [tenantId, [...sourceIds], now],
  );
}

/** A source as the API shows it. */
export function toSource(row: StoredSource): Source {
  const isHook = row.kind === 'webhook' || row.schedule.type === 'event';
  return {
    id: row.source_id,
    kind: row.kind,
    name: row.name,
    url: row.url,
    schedule: row.schedule,
    topics: row.topics,
    acl: row.acl,
    language: row.language,
    minIntervalSeconds: row.min_interval_seconds,
    itemsPerFetchMax: row.items_per_fetch_max,
    respectRobots: row.respect_robots,
    state: row.state,
    stateReason: row.state_reason,
    hookPath: isHook ? `/api/v1/ingest/hooks/${row.source_id}` : null,
    nextFetchAt: row.next_fetch_at?.toISOString() ?? null,
    lastFetchAt: row.last_fetch_at?.toISOString() ?? null,
    lastSuccessAt: row.last_success_at?.toISOString() ?? null,
    lastOutcome: row.last_outcome,
    consecutiveFailures: row.failures,
    version: row.version,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

/** How many sources the tenant has. */
export async function countSources(tx: Transaction<IngestSchema>): Promise<number> {
  const { total } = await tx.query
    .selectFrom('ingest_sources')
    .select(sql<string>`count(*)`.as('total'))
    .where('tenant_id', '=', tx.tenantId ?? '')
    .executeTakeFirstOrThrow();
  return Number(total);
}
