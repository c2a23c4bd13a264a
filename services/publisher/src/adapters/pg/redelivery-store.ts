import { newId } from '@peermesh/contracts';
import type { CreateRedelivery, Redelivery } from '@peermesh/contracts/publisher';
import type { Static } from 'typebox';
import { requeueDeliveries } from './delivery-store.ts';
import { Conditions, jsonFor, type SqlTransaction } from './sql.ts';

/** Which deliveries a job sends again. */
export type RedeliverySelection = Omit<Static<typeof CreateRedelivery>, 'perSecond'> & {
  readonly userId?: string | undefined;
};

/** A job as it is stored. */
export interface RedeliveryRow {
  readonly id: string;
  readonly tenant_id: string;
  readonly user_id: string;
  readonly selection: RedeliverySelection;
  readonly per_second: number;
  readonly state: 'running' | 'paused' | 'cancelled' | 'done';
  readonly total: number;
  readonly queued: number;
  readonly last_delivery_id: string;
  readonly advanced_at: Date;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** The job as the API shows it. */
export function redeliveryOf(row: RedeliveryRow): Static<typeof Redelivery> {
  return {
    id: row.id,
    state: row.state,
    perSecond: row.per_second,
    total: row.total,
    queued: row.queued,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

function conditionsOf(tenantId: string, selection: RedeliverySelection): Conditions {
  return new Conditions()
    .add('tenant_id = ?', tenantId)
    .add('created_at >= ?', selection.from)
    .add('created_at < ?', selection.to)
    .add('user_id = ?', selection.userId)
    .add('endpoint_id = ?', selection.endpointId)
    .add('subscription_id = ?', selection.subscriptionId)
    .add('state = ANY (?)', selection.states ?? ['failed'])
    .add('kind = ?', 'document');
}

export async function insertRedelivery(
  tx: SqlTransaction,
  job: { tenantId: string; userId: string; selection: RedeliverySelection; perSecond: number },
): Promise<RedeliveryRow> {
  const where = conditionsOf(job.tenantId, job.selection);
  const count = await tx.client.query<{ total: number }>(
    `SELECT count(*)::int AS total FROM publisher_deliveries WHERE ${where.sql}`,
    where.values,
  );
  const total = count.rows[0]?.total ?? 0;
  const { rows } = await tx.client.query<RedeliveryRow>(
    `INSERT INTO publisher_redeliveries (id, tenant_id, user_id, selection, per_second, state, total)
     VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING *`,
    [
      newId('redelivery'),
      job.tenantId,
      job.userId,
      jsonFor(job.selection),
      job.perSecond,
      total === 0 ? 'done' : 'running',
      total,
    ],
  );
  return rows[0] as RedeliveryRow;
}

export async function findRedelivery(
  tx: SqlTransaction,
  id: string,
  options: { readonly userId?: string | undefined; readonly lock?: boolean } = {},
): Promise<RedeliveryRow | null> {
  const where = new Conditions().add('id = ?', id).add('user_id = ?', options.userId);
  const { rows } = await tx.client.query<RedeliveryRow>(
    `SELECT * FROM publisher_redeliveries WHERE ${where.sql}${options.lock === true ? ' FOR UPDATE' : ''}`,
    where.values,
  );
  return rows[0] ?? null;
}

export async function listRedeliveries(
  tx: SqlTransaction,
  userId: string | undefined,
  window: { readonly limit: number; readonly offset: number },
): Promise<{ items: RedeliveryRow[]; total: number }> {
  const where = new Conditions().add('user_id = ?', userId);
  const { rows } = await tx.client.query<RedeliveryRow>(
    `SELECT * FROM publisher_redeliveries WHERE ${where.sql} ORDER BY id DESC LIMIT ${window.limit} OFFSET ${window.offset}`,
    where.values,
  );
  const count = await tx.client.query<{ total: number }>(
    `SELECT count(*)::int AS total FROM publisher_redeliveries WHERE ${where.sql}`,
    where.values,
  );
  return { items: rows, total: count.rows[0]?.total ?? 0 };
}

export async function updateRedelivery(
  tx: SqlTransaction,
  id: string,
  changes: { readonly state?: RedeliveryRow['state'] | undefined; readonly perSecond?: number | undefined },
): Promise<RedeliveryRow> {
  const { rows } = await tx.client.query<RedeliveryRow>(
    `UPDATE publisher_redeliveries
        SET state = coalesce($2, state), per_second = coalesce($3, per_second), advanced_at = clock_timestamp(),
            updated_at = clock_timestamp()
      WHERE id = $1 RETURNING *`,
    [id, changes.state ?? null, changes.perSecond ?? null],
  );
  return rows[0] as RedeliveryRow;
}

/** Puts as many deliveries of one running job on the queue as its rate has allowed since the last time. */
export async function advanceRedelivery(tx: SqlTransaction): Promise<boolean> {
  const due = await tx.client.query<RedeliveryRow & { allowance: number }>(
    `SELECT *, floor(extract(epoch FROM clock_timestamp() - advanced_at) * per_second)::int AS allowance
       FROM publisher_redeliveries
      WHERE state = 'running' AND extract(epoch FROM clock_timestamp() - advanced_at) * per_second >= 1
      ORDER BY advanced_at LIMIT 1 FOR UPDATE SKIP LOCKED`,
  );
  const job = due.rows[0];
  if (job === undefined) return false;
  const limit = Math.min(job.allowance, 500);
  const where = conditionsOf(job.tenant_id, job.selection).add('id > ?', job.last_delivery_id);
  const next = await tx.client.query<{ id: string }>(
    `SELECT id FROM publisher_deliveries WHERE ${where.sql} ORDER BY id LIMIT ${limit} FOR UPDATE`,
    where.values,
  );
  const ids = next.rows.map(({ id }) => id);
  const queued = await requeueDeliveries(tx, ids);
  await tx.client.query(
    `UPDATE publisher_redeliveries
        SET queued = queued + $2, last_delivery_id = $3, advanced_at = clock_timestamp(), updated_at = clock_timestamp(),
            state = CASE WHEN $4 THEN 'done' ELSE state END
      WHERE id = $1`,
    [job.id, queued, ids.at(-1) ?? job.last_delivery_id, ids.length < limit],
  );
  return ids.length > 0;
}
