import { newId } from '@peermesh/contracts';
import type { NotificationPayload } from '../../domain/delivery.ts';
import { jsonFor, type SqlTransaction } from './sql.ts';

/** Something to tell one user. */
export interface NewNotification {
  readonly tenantId: string;
  readonly kind: 'document' | 'notice' | 'status' | 'verification';
  readonly userId: string;
  readonly subscriptionId: string | null;
  readonly documentId: string | null;
  readonly documentVersion: number | null;
  readonly topics: readonly string[];
  readonly acl: readonly string[];
  /** Gets the id that the notification has. */
  readonly payload: (id: string) => NotificationPayload;
}

/** One way of telling it. */
export interface NewDelivery {
  readonly tenantId: string;
  readonly notificationId: string;
  readonly kind: NewNotification['kind'];
  readonly subscriptionId: string | null;
  readonly endpointId: string;
  readonly userId: string;
  readonly documentId: string | null;
  readonly channel: 'webhook' | 'realtime' | 'email' | 'callback';
  readonly state: 'pending' | 'scheduled' | 'suppressed';
  readonly reason: string | null;
  readonly nextAt: Date | null;
  readonly digestWindow: Date | null;
}

/**
 * Stores notifications; the same version of a document is told once to each subscription.
 * @returns the ids of those that are new, in the order of the input; null for the others
 */
export async function insertNotifications(
  tx: SqlTransaction,
  notifications: readonly NewNotification[],
): Promise<(string | null)[]> {
  if (notifications.length === 0) return [];
  const ids = notifications.map(() => newId('notification'));
  const { rows } = await tx.client.query<{ id: string }>(
    `INSERT INTO publisher_notifications (id, tenant_id, kind, user_id, subscription_id, document_id, document_version, topics, acl, payload)
     SELECT id, tenant_id, kind, user_id, subscription_id, document_id, document_version,
            ARRAY(SELECT jsonb_array_elements_text(topics)), ARRAY(SELECT jsonb_array_elements_text(acl)), payload
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int[], $8::jsonb[], $9::jsonb[], $10::jsonb[])
         AS n (id, tenant_id, kind, user_id, subscription_id, document_id, document_version, topics, acl, payload)
     ON CONFLICT (subscription_id, document_id, document_version) DO NOTHING RETURNING id`,
    [
      ids,
      notifications.map((one) => one.tenantId),
      notifications.map((one) => one.kind),
      notifications.map((one) => one.userId),
      notifications.map((one) => one.subscriptionId),
      notifications.map((one) => one.documentId),
      notifications.map((one) => one.documentVersion),
      notifications.map((one) => jsonFor(one.topics)),
      notifications.map((one) => jsonFor(one.acl)),
      notifications.map((one, index) => jsonFor(one.payload(ids[index] ?? ''))),
    ],
  );
  const stored = new Set(rows.map(({ id }) => id));
  return ids.map((id) => (stored.has(id) ? id : null));
}

/** Stores deliveries. Those with a digest window join the digest of that window, or begin it. */
export async function insertDeliveries(tx: SqlTransaction, deliveries: readonly NewDelivery[]): Promise<void> {
  if (deliveries.length === 0) return;
  const ids = deliveries.map(() => newId('delivery'));
  await tx.client.query(
    `INSERT INTO publisher_deliveries (id, tenant_id, notification_id, kind, subscription_id, endpoint_id, user_id, document_id, channel, state, reason, next_at)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::timestamptz[])`,
    [
      ids,
      deliveries.map((one) => one.tenantId),
      deliveries.map((one) => one.notificationId),
      deliveries.map((one) => one.kind),
      deliveries.map((one) => one.subscriptionId),
      deliveries.map((one) => one.endpointId),
      deliveries.map((one) => one.userId),
      deliveries.map((one) => one.documentId),
      deliveries.map((one) => one.channel),
      deliveries.map((one) => one.state),
      deliveries.map((one) => one.reason),
      deliveries.map((one) => one.nextAt),
    ],
  );
  for (const [index, { digestWindow }] of deliveries.entries()) {
    if (digestWindow !== null) await joinDigest(tx, ids[index] ?? '', digestWindow);
  }
}

async function joinDigest(tx: SqlTransaction, id: string, window: Date): Promise<void> {
  const head = await tx.client.query<{ id: string; state: string }>(
    `SELECT h.id, h.state FROM publisher_deliveries h JOIN publisher_deliveries d ON d.id = $1
      WHERE h.user_id = d.user_id AND h.channel = d.channel AND h.endpoint_id = d.endpoint_id AND h.digest_window = $2
        AND h.digest_id = h.id FOR UPDATE OF h`,
    [id, window],
  );
  const found = head.rows[0];
  if (found === undefined) {
    await tx.client.query('UPDATE publisher_deliveries SET digest_id = id, digest_window = $2 WHERE id = $1', [
      id,
      window,
    ]);
  } else if (found.state === 'scheduled') {
    await tx.client.query('UPDATE publisher_deliveries SET digest_id = $2 WHERE id = $1', [id, found.id]);
  }
}
