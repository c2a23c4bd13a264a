import { createFrame, type Frame, SEGMENTS_MAX, SendResult } from '@peermesh/link';
import type { ForwardingTable } from '@peermesh/routing';
import type { PeerLink } from '../links/peer-link.ts';
import type { Forwarder } from './forwarder.ts';

/** What became of a frame that starts here: `blocked` has no room on its link, `unrouted` has no way. */
export type Emission = 'sent' | 'blocked' | 'unrouted';

const EMPTY = new Uint8Array(0);

/** Puts frames of this node on their way: looks up the source route and hands them to the first link of it. */
export class Source {
  readonly frame: Frame;
  readonly #table: ForwardingTable;
  readonly #forwarder: Forwarder;
  readonly #ttl: number;

  constructor(table: ForwardingTable, forwarder: Forwarder, ttl: number) {
    this.#table = table;
    this.#forwarder = forwarder;
    this.#ttl = ttl;
    this.frame = createFrame();
  }

  /** Whether there is a way to a node now. */
  reaches(dst: number): boolean {
    return this.#forwarder.out.has(dst) || this.#table.pathTo(dst, 0) !== undefined;
  }

  /**
   * Sends `this.frame`, whose type, class, flow, sequence and payload the caller has set.
   * @param hash frames with the same one take the same path as long as the routes stay as they are.
   */
  emit(dst: number, hash: number, isReliable: boolean, nowMs: number): Emission {
    const { frame } = this;
    const path = this.#table.pathTo(dst, hash);
    frame.segments = path?.segments ?? [dst];
    const link = this.#forwarder.out.get(frame.segments[0]!);
    if (link === undefined || frame.segments.length > SEGMENTS_MAX) return 'unrouted';
    frame.dst = dst;
    frame.src = this.#forwarder.self;
    frame.path = (path?.pathId ?? 0) & 0xff_ffff;
    frame.ttl = this.#ttl;
    frame.flags = 0;
    const { trafficClass } = frame;
    // What others have waiting goes first.
    if (link.parked[trafficClass]!.length > 0) return this.#done('blocked');
    const spread = trafficClass === 2 ? frame.flow ^ frame.src : 0;
    return this.#done(this.#offer(link, isReliable, spread, nowMs));
  }

  #offer(link: PeerLink, isReliable: boolean, spread: number, nowMs: number): Emission {
    const { frame } = this;
    const flow = link.flow(frame.trafficClass, isReliable, spread);
    if (link.link.trySend(flow, frame, nowMs) !== SendResult.accepted) return 'blocked';
    link.isTouched = true;
    return 'sent';
  }

  #done(emission: Emission): Emission {
    this.frame.payload = EMPTY;
    this.frame.segments = [];
    return emission;
  }
}
