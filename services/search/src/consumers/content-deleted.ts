import { ContentDeleted } from '@peermesh/contracts/events';
import type { Bus } from '@peermesh/messaging';
import { storeWithdrawal } from '../adapters/pg/withdrawal-writer.ts';

/** Buries documents that were withdrawn at intake. */
export function consumeContentDeleted(bus: Bus, now: () => number): void {
  bus.consume(ContentDeleted, { durable: 'search-content-deleted', concurrency: 2 }, async (event, tx) => {
    await storeWithdrawal(tx, bus, event.tenantid, event.data, new Date(now()).toISOString());
  });
}
