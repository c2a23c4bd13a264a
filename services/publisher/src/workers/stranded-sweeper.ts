import { PublishingFailed } from '@peermesh/contracts/events';
import type { Database } from '@peermesh/database';
import type { Bus } from '@peermesh/messaging';
import { repeat, type Worker } from '@peermesh/service-kit';
import type { Logger } from '@peermesh/telemetry';
import { takeStranded } from '../adapters/pg/settlement-store.ts';

const BATCH = 500;

/** Fails what waits for disabled endpoints, batch by batch, and says so. */
export function startStrandedSweeper(options: {
  readonly db: Database<unknown>;
  readonly bus: Pick<Bus, 'publishMany'>;
  readonly everyMs: number;
  readonly logger: Logger;
}): Worker {
  const { db, bus } = options;
  return repeat({ everyMs: options.everyMs, logger: options.logger, name: 'stranded' }, async () => {
    for (let taken = BATCH; taken === BATCH; ) {
      taken = await db.system(async (tx) => {
        const rows = await takeStranded(tx, BATCH);
        await bus.publishMany(
          tx,
          PublishingFailed,
          rows.flatMap((row) => {
            if (row.kind !== 'document' || row.subscription_id === null || row.channel === 'callback') return [];
            const data = {
              deliveryId: row.id,
              notificationId: row.notification_id,
              subscriptionId: row.subscription_id,
              userId: row.user_id,
              channel: row.channel,
              attempts: row.attempts,
              reason: 'endpoint_disabled' as const,
            };
            return [{ data, tenantId: row.tenant_id, partitionKey: row.id, subject: row.id }];
          }),
        );
        return rows.length;
      });
    }
  });
}
