import { PublishingEngaged } from '@peermesh/contracts/events';
import type { Transaction } from '@peermesh/database';
import type { Bus } from '@peermesh/messaging';
import type { DeliveryRow } from '../adapters/pg/delivery-store.ts';
import type { Clock } from '../ports.ts';

/** What a recipient did. */
export type Engagement = 'open' | 'click' | 'ack' | 'dismiss';

/** Counts each kind once for each delivery, and tells of it the first time. A click implies that the mail was opened. */
export async function recordEngagement(
  tx: Transaction<unknown>,
  { bus, clock }: { readonly bus: Pick<Bus, 'publishMany'>; readonly clock: Clock },
  delivery: Pick<DeliveryRow, 'id' | 'tenant_id' | 'subscription_id' | 'user_id'>,
  kind: Engagement,
): Promise<void> {
  const kinds: readonly Engagement[] = kind === 'click' ? ['open', 'click'] : [kind];
  const { rows } = await tx.client.query<{ kind: Engagement }>(
    `INSERT INTO publisher_engagements (delivery_id, tenant_id, subscription_id, user_id, kind, occurred_at)
     SELECT $1, $2, $3, $4, kind, $6 FROM unnest($5::text[]) AS kind
     ON CONFLICT (delivery_id, kind) DO NOTHING RETURNING kind`,
    [delivery.id, delivery.tenant_id, delivery.subscription_id, delivery.user_id, kinds, clock()],
  );
  const { subscription_id: subscriptionId } = delivery;
  if (subscriptionId === null) return;
  await bus.publishMany(
    tx,
    PublishingEngaged,
    rows.map((row) => ({
      data: {
        deliveryId: delivery.id,
        subscriptionId,
        userId: delivery.user_id,
        kind: row.kind,
        occurredAt: clock().toISOString(),
      },
      tenantId: delivery.tenant_id,
      partitionKey: delivery.id,
      subject: delivery.id,
    })),
  );
}
