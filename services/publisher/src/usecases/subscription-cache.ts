import type { Logger } from '@peermesh/telemetry';
import type { SqlTransaction } from '../adapters/pg/sql.ts';
import { readChangedSubscriptions } from '../adapters/pg/subscription-store.ts';
import { SubscriptionIndex } from '../domain/subscription-index.ts';

/**
 * The index of subscriptions in memory. {@link refresh} brings in everything that was committed before it was called: it
 * reads from the oldest transaction that was open at the last refresh, so that one which commits late is not missed.
 */
export class SubscriptionCache {
  readonly #index = new SubscriptionIndex();
  readonly #logger: Logger;
  readonly #seen = new Map<string, bigint>();
  #horizon = '0';

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  get size(): number {
    return this.#index.size;
  }

  async refresh(tx: SqlTransaction): Promise<SubscriptionIndex> {
    const { changed, horizon } = await readChangedSubscriptions(tx, this.#horizon);
    for (const { changedXid, ...subscription } of changed) {
      if (changedXid < (this.#seen.get(subscription.id) ?? 0n)) continue;
      this.#seen.set(subscription.id, changedXid);
      try {
        this.#index.put(subscription);
      } catch (error) {
        this.#logger.error({ err: error, subscriptionId: subscription.id }, 'stored filter cannot be read');
      }
    }
    this.#horizon = horizon;
    return this.#index;
  }
}
