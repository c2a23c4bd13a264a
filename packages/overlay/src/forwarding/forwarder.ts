import { advanceHop, type Flow, FrameCursor, FrameFlag, SendResult } from '@peermesh/link';
import type { ForwardingTable } from '@peermesh/routing';
import type { OverlayConfig } from '../config.ts';
import type { DropReason, OverlayCounters } from '../counters.ts';
import type { PeerLink } from '../links/peer-link.ts';
import { type ParkedFrame, ParkedFrames } from './parked-frames.ts';
import { rewriteRoute } from './rewrite-route.ts';

const BULK = 2;
/** What a flow of a link takes at once without being too large for its queue. */
const RUN_BYTES_MAX = 64 * 1024;
const NONE = new Uint8Array(0);

/**
 * Passes encoded frames on by their source routes: without an object per frame while all goes well. A reliable frame whose
 * next hop has no room is parked, and with it the credit of the link that it came over, so that the sender slows down. One
 * whose next hop is dead takes the precomputed repair, once; a second dead hop makes it wait for the next computation.
 */
export class Forwarder {
  /** Links that carry frames, by the short id of their peer. */
  readonly out = new Map<number, PeerLink>();
  readonly held = new ParkedFrames();
  /** This node's short id. */
  self = 0;
  isRelay = false;
  readonly #table: ForwardingTable;
  readonly #config: OverlayConfig;
  readonly #counters: OverlayCounters;
  readonly #cursor = new FrameCursor();
  readonly #walk = new FrameCursor();
  readonly #rewritten = new FrameCursor();
  /** Frames that lie one behind the other and go on over one flow of one link: passed on as one. */
  #runLink: PeerLink | null = null;
  #runFlow: Flow | null = null;
  #runBytes: Uint8Array = NONE;
  #runFrom = 0;
  #runEnd = 0;
  /** Bytes of frames that are done with since `settle`. */
  #doneBytes = 0;

  constructor(table: ForwardingTable, config: OverlayConfig, counters: OverlayCounters) {
    this.#table = table;
    this.#config = config;
    this.#counters = counters;
  }

  /** Takes a frame of others; `settle` must follow before its buffer changes. */
  transit(cursor: FrameCursor, upstream: PeerLink, nowMs: number): void {
    const { bytes, at, frameEnd } = cursor;
    if (!this.isRelay) return this.#refuse('not_a_relay', cursor);
    if (!advanceHop(cursor, this.self)) return this.#refuse('ttl', cursor);
    const next = cursor.nextSegment;
    if (next === this.self) return this.#refuse('bad_route', cursor);
    this.#counters.transitFrames += 1;
    this.#counters.transitBytes += frameEnd - at;
    const link = this.out.get(next);
    if (link === undefined) {
      this.#endRun(upstream, nowMs);
      if (this.#repair(cursor, next, upstream, frameEnd - at, nowMs)) this.#doneBytes += frameEnd - at;
      return;
    }
    const { trafficClass } = cursor;
    const isReliable = (cursor.flags & FrameFlag.reliable) !== 0;
    const flow = link.transitFlow(trafficClass, isReliable, trafficClass === BULK ? cursor.flow ^ cursor.src : 0);
    const isNext = this.#runEnd === at && this.#runBytes === bytes && this.#runLink === link && this.#runFlow === flow;
    if (!isNext || frameEnd - this.#runFrom > RUN_BYTES_MAX) {
      this.#endRun(upstream, nowMs);
      this.#runLink = link;
      this.#runFlow = flow;
      this.#runBytes = bytes;
      this.#runFrom = at;
    }
    this.#runEnd = frameEnd;
  }

  /** Bytes of frames given to `transit` since the last call that are done with; the others wait and keep their credit. */
  settle(upstream: PeerLink, nowMs: number): number {
    this.#endRun(upstream, nowMs);
    const bytes = this.#doneBytes;
    this.#doneBytes = 0;
    return bytes;
  }

  /** Reliable frames that a link which is down or gone gave back. */
  recall(bytes: Uint8Array, nowMs: number): void {
    const cursor = this.#walk;
    cursor.reset(bytes, 0, bytes.length);
    while (cursor.next()) {
      if (cursor.dst === 0 || (cursor.flags & FrameFlag.reliable) === 0) continue;
      this.#counters.recalledFrames += 1;
      this.#again(cursor, null, 0, nowMs);
    }
  }

  /** Frames that were parked for a link that is down now. */
  unpark(link: PeerLink, nowMs: number): void {
    for (const parked of link.parked) for (const frame of parked.takeAll()) this.#resume(frame, nowMs);
  }

  /** Sends what waited for a route, after a computation or when a link came up. */
  retryHeld(nowMs: number): void {
    for (const frame of this.held.takeAll()) this.#resume(frame, nowMs);
  }

  /** Sends what waited for room on a link. */
  retryParked(link: PeerLink, nowMs: number): void {
    for (const [trafficClass, parked] of link.parked.entries()) {
      for (let frame = parked.oldest; frame !== undefined; frame = parked.oldest) {
        const cursor = this.#at(frame);
        const flow = link.flow(trafficClass, true, cursor.flow ^ cursor.src);
        const result = link.link.trySendEncoded(flow, frame.bytes, frame.at, frame.end, nowMs);
        if (result === SendResult.wouldBlock) break;
        link.isTouched = true;
        parked.shift(nowMs);
        this.#release(frame, trafficClass, nowMs);
      }
    }
  }

  /** This node is no member any more: what waits for a route is given up, and its credit given back. */
  abandon(nowMs: number): void {
    for (const frame of this.held.takeAll()) this.#giveUp(frame, 'not_a_member', nowMs);
  }

  /** Gives up what has waited for too long. */
  expire(nowMs: number, links: Iterable<PeerLink>): void {
    const { routeMs, stallMs } = this.#config.hold;
    for (let frame = this.held.oldest; frame !== undefined; frame = this.held.oldest) {
      if (nowMs - frame.sinceMs < routeMs) break;
      this.held.shift(nowMs);
      this.#giveUp(frame, 'no_route', nowMs);
    }
    for (const { parked } of links)
      for (const frames of parked)
        if (frames.length > 0 && nowMs - frames.movedAtMs >= stallMs)
          for (const frame of frames.takeAll()) this.#giveUp(frame, 'stalled', nowMs);
  }

  #endRun(upstream: PeerLink, nowMs: number): void {
    const link = this.#runLink;
    if (link === null) return;
    const [flow, bytes, from, end] = [this.#runFlow!, this.#runBytes, this.#runFrom, this.#runEnd];
    this.#runLink = null;
    this.#runBytes = NONE;
    const waits = flow.isReliable && link.parked[flow.trafficClass]!.length > 0;
    if (!waits && link.link.trySendRun(flow, bytes, from, end, nowMs) === SendResult.accepted) {
      link.isTouched = true;
      this.#doneBytes += end - from;
      return;
    }
    const cursor = this.#walk;
    cursor.reset(bytes, from, end);
    while (cursor.next()) {
      const credit = cursor.frameEnd - cursor.at;
      if (this.#pass(link, cursor, upstream, credit, nowMs)) this.#doneBytes += credit;
    }
  }

  #pass(link: PeerLink, cursor: FrameCursor, upstream: PeerLink | null, credit: number, nowMs: number): boolean {
    const { trafficClass } = cursor;
    const isReliable = (cursor.flags & FrameFlag.reliable) !== 0;
    if (isReliable && link.parked[trafficClass]!.length > 0) return this.#park(link, cursor, upstream, credit, nowMs);
    const flow = link.transitFlow(trafficClass, isReliable, trafficClass === BULK ? cursor.flow ^ cursor.src : 0);
    const result = link.link.trySendEncoded(flow, cursor.bytes, cursor.at, cursor.frameEnd, nowMs);
    if (result === SendResult.accepted) {
      link.isTouched = true;
      return true;
    }
    return isReliable ? this.#park(link, cursor, upstream, credit, nowMs) : this.#drop('congested', cursor.flow);
  }

  #park(link: PeerLink, cursor: FrameCursor, upstream: PeerLink | null, credit: number, nowMs: number): false {
    const { bytes, at, frameEnd, trafficClass } = cursor;
    this.#counters.parkedFrames += 1;
    link.parked[trafficClass]!.push({ bytes, at, end: frameEnd, upstream, credit, sinceMs: nowMs });
    return false;
  }

  #repair(cursor: FrameCursor, next: number, upstream: PeerLink | null, credit: number, nowMs: number): boolean {
    if ((cursor.flags & FrameFlag.repaired) !== 0) return this.#hold(cursor, upstream, credit, nowMs);
    const route = this.#table.detour(next, cursor.dst);
    if (route !== undefined) this.#counters.repairedFrames += 1;
    return this.#follow(cursor, route?.segments, upstream, credit, nowMs);
  }

  /** Routes a frame from here anew: over the link that it was meant for, by the repair, or as computed since. */
  #again(cursor: FrameCursor, upstream: PeerLink | null, credit: number, nowMs: number): boolean {
    const next = cursor.nextSegment;
    const link = this.out.get(next);
    if (link !== undefined) return this.#pass(link, cursor, upstream, credit, nowMs);
    if ((cursor.flags & FrameFlag.repaired) === 0) return this.#repair(cursor, next, upstream, credit, nowMs);
    return this.#follow(cursor, this.#table.pathTo(cursor.dst, cursor.flow)?.segments, upstream, credit, nowMs);
  }

  #follow(
    cursor: FrameCursor,
    segments: readonly number[] | undefined,
    upstream: PeerLink | null,
    credit: number,
    nowMs: number,
  ): boolean {
    const link = this.out.get(segments?.[0] ?? cursor.dst);
    const rewritten = link === undefined ? null : rewriteRoute(cursor, segments ?? [cursor.dst]);
    if (link === undefined || rewritten === null) return this.#hold(cursor, upstream, credit, nowMs);
    this.#rewritten.reset(rewritten, 0, rewritten.length);
    this.#rewritten.next();
    return this.#pass(link, this.#rewritten, upstream, credit, nowMs);
  }

  #hold(cursor: FrameCursor, upstream: PeerLink | null, credit: number, nowMs: number): boolean {
    if ((cursor.flags & FrameFlag.reliable) === 0) return this.#drop('no_route', cursor.flow);
    const { bytes, at, frameEnd } = cursor;
    if (this.held.bytes + frameEnd - at > this.#config.hold.routeBytesMax) return this.#drop('hold_full', cursor.flow);
    this.#counters.heldFrames += 1;
    this.held.push({ bytes, at, end: frameEnd, upstream, credit, sinceMs: nowMs });
    return false;
  }

  #resume(frame: ParkedFrame, nowMs: number): void {
    const cursor = this.#at(frame);
    const { trafficClass } = cursor;
    if (this.#again(cursor, frame.upstream, frame.credit, nowMs)) this.#release(frame, trafficClass, nowMs);
  }

  #giveUp(frame: ParkedFrame, reason: DropReason, nowMs: number): void {
    const { flow, trafficClass } = this.#at(frame);
    this.#drop(reason, flow);
    this.#release(frame, trafficClass, nowMs);
  }

  #release({ upstream, credit }: ParkedFrame, trafficClass: number, nowMs: number): void {
    if (upstream === null || upstream.isGone) return;
    upstream.link.release(trafficClass, credit, nowMs);
    upstream.isTouched = true;
  }

  #at({ bytes, at, end }: ParkedFrame): FrameCursor {
    this.#cursor.reset(bytes, at, end);
    this.#cursor.next();
    return this.#cursor;
  }

  #refuse(reason: DropReason, cursor: FrameCursor): void {
    this.#drop(reason, cursor.flow);
    this.#doneBytes += cursor.frameEnd - cursor.at;
  }

  #drop(reason: DropReason, flow: number): true {
    this.#counters.drop(reason, flow);
    return true;
  }
}
