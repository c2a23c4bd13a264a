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

  /**
   * Takes a batch in. True when nothing refers to its bytes any more.
   * @param member null while this node is not a member.
   */
  take(
    link: PeerLink,
    { trafficClass, bytes, from, end }: Delivery,
    member: MemberCore | null,
    nowMs: number,
  ): boolean {
    const cursor = this.#cursor;
    const core = link.shortId === 0 ? null : member;
    const waited = this.#counters.parkedFrames + this.#counters.heldFrames;
    let done = 0;
    let transit = 0;
    let isKept = false;
    cursor.reset(bytes, from, end);
    while (cursor.next()) {
      const { dst, length } = cursor;
      if (cursor.trafficClass !== trafficClass) this.#counters.drop('bad_class', cursor.flow);
      else if (dst === 0) {
        this.#onNeighbourFrame(link, core, nowMs);
        isKept = true;
      } else if (core === null) this.#counters.drop('not_a_member', cursor.flow);
      else if (dst === core.shortId) {
        if (!core.receive(cursor, nowMs)) isKept = true;
      } else {
        core.forwarder.transit(cursor, link, nowMs);
        transit += 1;
        continue;
      }
      done += length;
    }
    if (transit > 0 && core !== null) done += core.forwarder.settle(link, nowMs);
    if (done > 0) link.link.release(trafficClass, done, nowMs);
    return !isKept && waited === this.#counters.parkedFrames + this.#counters.heldFrames;
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
