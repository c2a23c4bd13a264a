import { createFrame, type Flow, type Frame, SEGMENTS_MAX, SendResult } from '@peermesh/link';
import type { ForwardingTable } from '@peermesh/routing';
import type { PeerLink } from '../links/peer-link.ts';
import type { Forwarder } from './forwarder.ts';

/** What became of a frame that starts here: `blocked` has no room on its link, `unrouted` has no way. */
export type Emission = 'sent' | 'blocked' | 'unrouted';

const BULK = 2;
const EMPTY = new Uint8Array(0);

/** Puts frames of this node on their way: looks up the source route and hands them to the first link of it. */
export class Source {
  readonly frame: Frame;
  readonly #table: ForwardingTable;
  readonly #forwarder: Forwarder;
  readonly #ttl: number;
  /** The route that was looked up last, until `forgetRoute`. */
  #routeDst = 0;
  #routeHash = 0;
  #routePathId = 0;
  #routeSegments: readonly number[] = [];
  #routeLink: PeerLink | null = null;

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
    this.forgetRoute();
    const link = this.#address(dst, hash);
    if (link === null) return 'unrouted';
    // What others have waiting goes first.
    if (link.parked[frame.trafficClass]!.length > 0) return this.#done('blocked');
    if (link.link.trySend(this.#flowOf(link, isReliable), frame, nowMs) !== SendResult.accepted)
      return this.#done('blocked');
    link.isTouched = true;
    return this.#done('sent');
  }

  /** Sends a part of a reliable flow: `this.frame` with `bytes` from `from` to `end` for its payload. */
  emitPart(
    { dst, pathHash }: { readonly dst: number; readonly pathHash: number },
    bytes: Uint8Array,
    from: number,
    end: number,
    nowMs: number,
  ): Emission {
    const { frame } = this;
    const link = this.#address(dst, pathHash);
    if (link === null) return 'unrouted';
    if (link.parked[frame.trafficClass]!.length > 0) return 'blocked';
    const result = link.link.trySendPart(this.#flowOf(link, true), frame, bytes, from, end, nowMs);
    if (result !== SendResult.accepted) return 'blocked';
    link.isTouched = true;
    return 'sent';
  }

  /** Routes may have changed: the next part looks its own up. */
  forgetRoute(): void {
    this.#routeLink = null;
  }

  /** The link that a frame for `dst` goes over first, and the route in the frame; null when there is none. */
  #address(dst: number, hash: number): PeerLink | null {
    if (this.#routeLink === null || this.#routeDst !== dst || this.#routeHash !== hash) this.#lookUp(dst, hash);
    const { frame } = this;
    frame.segments = this.#routeSegments;
    frame.dst = dst;
    frame.src = this.#forwarder.self;
    frame.path = this.#routePathId;
    frame.ttl = this.#ttl;
    frame.flags = 0;
    return this.#routeLink;
  }

  #lookUp(dst: number, hash: number): void {
    const path = this.#table.pathTo(dst, hash);
    const segments = path?.segments ?? [dst];
    const link = this.#forwarder.out.get(segments[0]!);
    this.#routeDst = dst;
    this.#routeHash = hash;
    this.#routePathId = (path?.pathId ?? 0) & 0xff_ffff;
    this.#routeSegments = segments;
    this.#routeLink = link === undefined || segments.length > SEGMENTS_MAX ? null : link;
  }

  #flowOf(link: PeerLink, isReliable: boolean): Flow {
    const { trafficClass, flow, src } = this.frame;
    return link.flow(trafficClass, isReliable, trafficClass === BULK ? flow ^ src : 0);
  }

  #done(emission: Emission): Emission {
    this.frame.payload = EMPTY;
    this.frame.segments = [];
    return emission;
  }
}
