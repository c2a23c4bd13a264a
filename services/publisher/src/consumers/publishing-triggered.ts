import { PublishingTriggered } from '@peermesh/contracts/events';
import type { Bus } from '@peermesh/messaging';
import type { Clock } from '../ports.ts';
import { matchDocuments } from '../usecases/match-documents.ts';
import type { SubscriptionCache } from '../usecases/subscription-cache.ts';

const BATCH_SIZE = 100;

/** Matches documents that became searchable against all subscriptions, in batches. */
export function consumePublishingTriggered(
  bus: Bus,
  dependencies: { readonly cache: SubscriptionCache; readonly clock: Clock; readonly wake: () => void },
): void {
  bus.consumeBatch(
    PublishingTriggered,
    { durable: 'publisher_triggered', batchSize: BATCH_SIZE },
    async (events, tx) => {
      if ((await matchDocuments(tx, dependencies, events)) > 0) tx.afterCommit(dependencies.wake);
    },
  );
}
