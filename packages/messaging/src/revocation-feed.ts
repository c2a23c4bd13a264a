import type { EventData } from '@peermesh/contracts';
import { SessionRevoked } from '@peermesh/contracts/events';
import type { Bus } from './bus.ts';
import { caughtUpWithin } from './tail.ts';

/** Longer than the life of an access token: what was revoked before cannot come back. */
const HISTORY_MS = 20 * 60_000;
const CATCH_UP_MS = 5_000;

/** Where revocations go; `createRevocations` of authz makes one. */
export interface RevocationSink {
  add(revocation: EventData<typeof SessionRevoked>): void;
  /** Is given what tells how old the feed is. */
  watch(feed: { stalenessMs(): number }): void;
}

/**
 * Starts a bus, and a feed of revoked tokens that begins with those of the last token lifetime. Resolves when the feed has
 * caught up, or after five seconds without that: until it has, the authenticator refuses tokens by itself.
 */
export async function startWithRevocations(bus: Pick<Bus, 'tail' | 'start'>, sink: RevocationSink): Promise<void> {
  const from = { time: new Date(Date.now() - HISTORY_MS) };
  const tail = bus.tail([SessionRevoked], { from }, ({ data }) => sink.add(data as EventData<typeof SessionRevoked>));
  sink.watch(tail);
  await bus.start();
  await caughtUpWithin(tail, CATCH_UP_MS);
}
