import type { Attempt, Delivery } from '@peermesh/contracts/publisher';
import type { Static } from 'typebox';
import { Conditions, isoOf, type SqlTransaction } from './sql.ts';

/** A delivery as it is stored. */
export interface DeliveryRow {
  readonly id: string;
  readonly tenant_id: string;
  readonly notification_id: string;
  readonly kind: 'document' | 'notice' | 'status' | 'verification';
  readonly subscription_id: string | null;
  readonly endpoint_id: string;
  readonly user_id: string;
  readonly document_id: string | null;
  readonly channel: 'webhook' | 'realtime' | 'email' | 'callback';
  readonly state: Static<typeof Delivery>['state'];
  readonly reason: string | null;
  readonly epoch: number;
  readonly attempts: number;
  readonly next_at: Date | null;
  readonly delivered_at: Date | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** What people see of deliveries: documents and notices, not status callbacks and verification mails. */
const SHOWN = `kind IN ('document', 'notice')`;
/** States from which a delivery still moves by itself. */
export const OPEN_STATES = `('pending', 'scheduled', 'retry_wait', 'sending')`;

/** The delivery as the API shows it. */
export function deliveryOf(row: DeliveryRow): Static<typeof Delivery> {
  const isOpen = row.state === 'pending' || row.state === 'scheduled' || row.state === 'retry_wait';
  return {
    id: row.id,
    notificationId: row.notification_id,
    kind: row.kind === 'notice' ? 'notice' : 'document',
    subscriptionId: row.subscription_id,
    endpointId: row.endpoint_id,
    userId: row.user_id,
    documentId: row.document_id,
    channel: row.channel === 'callback' ? 'webhook' : row.channel,
    state: row.state,
    reason: row.reason,
    attempts: row.attempts,
    nextAttemptAt: isOpen ? isoOf(row.next_at) : null,
    deliveredAt: isoOf(row.delivered_at),
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

export async function findDelivery(
  tx: SqlTransaction,
  id: string,
  options: { readonly userId?: string | undefined; readonly lock?: boolean } = {},
): Promise<DeliveryRow | null> {
  const where = new Conditions().add('id = ?', id).add('user_id = ?', options.userId);
  const { rows } = await tx.client.query<DeliveryRow>(
    `SELECT * FROM publisher_deliveries WHERE ${SHOWN} AND ${where.sql}${options.lock === true ? ' FOR UPDATE' : ''}`,
    where.values,
  );
  return rows[0] ?? null;
}

export async function listDeliveries(
  tx: SqlTransaction,
  filter: Readonly<
    Partial<
      Record<'userId' | 'subscriptionId' | 'endpointId' | 'documentId' | 'state' | 'from' | 'to', string | undefined>
    >
  >,
  window: { readonly limit: number; readonly offset: number },
): Promise<{ items: DeliveryRow[]; total: number }> {
  const where = new Conditions()
    .add('user_id = ?', filter.userId)
    .add('subscription_id = ?', filter.subscriptionId)
    .add('endpoint_id = ?', filter.endpointId)
    .add('document_id = ?', filter.documentId)
    .add('state = ?', filter.state)
    .add('created_at >= ?', filter.from)
    .add('created_at < ?', filter.to);
  const from = `FROM publisher_deliveries WHERE ${SHOWN} AND ${where.sql}`;
  const { rows } = await tx.client.query<DeliveryRow>(
    `SELECT * ${from} ORDER BY id DESC LIMIT ${window.limit} OFFSET ${window.offset}`,
    where.values,
  );
  const count = await tx.client.query<{ total: number }>(`SELECT count(*)::int AS total ${from}`, where.values);
  return { items: rows, total: count.rows[0]?.total ?? 0 };
}

export async function attemptsOf(tx: SqlTransaction, deliveryId: string): Promise<Static<typeof Attempt>[]> {
  const { rows } = await tx.client.query<{
    number: number;
    started_at: Date;
    latency_ms: number;
    outcome: string;
    http_status: number | null;
    response: string | null;
  }>('SELECT * FROM publisher_attempts WHERE delivery_id = $1 ORDER BY started_at, number LIMIT 200', [deliveryId]);
  return rows.map((row) => ({
    number: row.number,
    startedAt: row.started_at.toISOString(),
    latencyMs: row.latency_ms,
    outcome: row.outcome,
    httpStatus: row.http_status,
    response: row.response,
  }));
}

/** Puts deliveries that have ended on the queue again, with a whole retry schedule before them. */
export async function requeueDeliveries(tx: SqlTransaction, ids: readonly string[]): Promise<number> {
  const { rowCount } = await tx.client.query(
    `UPDATE publisher_deliveries
        SET state = 'pending', reason = NULL, round_attempts = 0, epoch = epoch + 1, next_at = clock_timestamp(),
            digest_id = NULL, digest_window = NULL, updated_at = clock_timestamp()
      WHERE id = ANY ($1) AND state IN ('failed', 'delivered', 'cancelled')`,
    [ids],
  );
  return rowCount ?? 0;
}

/** Ends waiting deliveries. One that is being sent runs to its end, unless its endpoint is no more. */
export async function cancelDeliveries(
  tx: SqlTransaction,
  by: { readonly id: string } | { readonly subscriptionId: string } | { readonly endpointId: string },
  reason: string,
): Promise<number> {
  const [column, value] =
    'id' in by
      ? ['id', by.id]
      : 'subscriptionId' in by
        ? ['subscription_id', by.subscriptionId]
        : ['endpoint_id', by.endpointId];
  const { rowCount } = await tx.client.query(
    `UPDATE publisher_deliveries SET state = 'cancelled', reason = $2, epoch = epoch + 1, next_at = NULL, updated_at = clock_timestamp()
      WHERE ${column} = $1 AND (state IN ('pending', 'scheduled', 'retry_wait') OR ($3 AND state = 'sending'))`,
    [value, reason, 'endpointId' in by],
  );
  return rowCount ?? 0;
}
