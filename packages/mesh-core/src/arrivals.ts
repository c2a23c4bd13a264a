import type { OverlayDelivery, OverlayReady } from '@peermesh/overlay';
import type { JoinDesk } from './bootstrap/join-desk.ts';
import type { MemberSession } from './member-session.ts';

/** Channels from here on are of applications; those below are the mesh's own. */
export const DATA_CHANNELS = 16;

/** Gives what came in over the overlay to whom it concerns: a member's session, or the wish to become one. @returns what is for applications */
export function shareOut(
  { events, neighbourMessages, deliveries }: OverlayReady,
  session: MemberSession | null,
  joins: JoinDesk,
  nowMs: number,
): OverlayDelivery[] {
  for (const event of events) {
    session?.onOverlayEvent(event, nowMs);
    if (event.kind === 'link') joins.linkChanged(event.peer, event.isUp, nowMs);
  }
  for (const { peer, bytes } of neighbourMessages) {
    if (session === null) joins.hear(bytes, nowMs);
    else session.hear(peer, bytes, nowMs);
  }
  for (const delivery of deliveries) if (delivery.channel < DATA_CHANNELS) session?.deliver(delivery, nowMs);
  return deliveries.filter(({ channel }) => channel >= DATA_CHANNELS);
}
