import { type Delivery, FrameCursor, FrameType } from '@peermesh/link';
import type { MemberCore } from './control/member-core.ts';
import type { OverlayCounters } from './counters.ts';
import type { NeighbourMessage } from './events.ts';
import { messageOf } from './links/neighbour-frames.ts';
import type { PeerLink } from './links/peer-link.ts';

/** Where frames go that came over a link: to the neighbour protocols, to this node's flows, or on to the next hop. */
export class Intake {
  neighbourMessages: NeighbourMessage[] = [];
  readonly #counters: OverlayCounters;
  readonly #cursor = new FrameCursor();

  constructor(counters: OverlayCounters) {
    this.#counters = counters;
  }

  /** @param member null while this node is not a member. */
  take(link: PeerLink, { trafficClass, bytes, from, end }: Delivery, member: MemberCore | null, nowMs: number): void {
    const cursor = this.#cursor;
    const core = link.shortId === 0 ? null : member;
    let done = 0;
    cursor.reset(bytes, from, end);
    while (cursor.next()) {
      const { dst, length } = cursor;
      if (cursor.trafficClass !== trafficClass) this.#counters.drop('bad_class', cursor.flow);
      else if (dst === 0) this.#onNeighbourFrame(link, core, nowMs);
      else if (core === null) this.#counters.drop('not_a_member', cursor.flow);
      else if (dst === core.shortId) core.receive(cursor, nowMs);
      else if (!core.forwarder.transit(cursor, link, nowMs)) continue;
      done += length;
    }
    if (done > 0) link.link.release(trafficClass, done, nowMs);
  }

  #onNeighbourFrame(link: PeerLink, core: MemberCore | null, nowMs: number): void {
    const cursor = this.#cursor;
    const { type } = cursor;
    const isLinkState = type === FrameType.linkState && core !== null;
    if (!isLinkState && type !== FrameType.control) {
      this.#counters.drop(type === FrameType.linkState ? 'not_a_member' : 'bad_type', cursor.flow);
      return;
    }
    const bytes = messageOf(link, cursor, nowMs);
    if (bytes === null) return;
    if (isLinkState) core.router.step(nowMs, link.shortId, bytes);
    else this.neighbourMessages.push({ peer: link.peer, bytes });
  }
}
