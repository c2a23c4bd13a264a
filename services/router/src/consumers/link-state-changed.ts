import { LinkStateChanged } from '@peermesh/contracts/events';
import type { Bus } from '@peermesh/messaging';
import { storeLinkState } from '../adapters/pg/link-state-store.ts';
import type { Clock } from '../ports.ts';

/** Stores what nodes say about their links; `onStored` is called after the commit. */
export function consumeLinkStateChanged(bus: Bus, clock: Clock, onStored: () => void): void {
  bus.consume(LinkStateChanged, { durable: 'router_link_state_changed' }, async ({ data }, tx) => {
    if (await storeLinkState(tx, data, clock())) tx.afterCommit(onStored);
  });
}
