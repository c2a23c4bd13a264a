import type { Established } from '@peermesh/link';
import type { OverlayConfig } from '../config.ts';
import { PeerLink } from './peer-link.ts';

/** What a transport says of a connection whose handshake is done. */
export interface ConnectionInfo {
  /** Node id that the other side has proved. */
  readonly peer: string;
  readonly lane: number;
  readonly established: Established;
  /** True when this node opened it. */
  readonly isDialled: boolean;
  /** Where it was dialled to; without it a dialled connection is attributed by its peer. */
  readonly address?: string;
}

/** Bytes for a connection, in order. They stay unchanged until acknowledged: the transport copies, never keeps. */
export interface ConnectionWrite {
  readonly connection: number;
  readonly bytes: Uint8Array;
}

/** A connection that the transport must close. */
export interface ConnectionClose {
  readonly connection: number;
  readonly reason: CloseReason;
}

export type CloseReason =
  /** Another connection of this lane is kept: that of the greater node id, or the newer one. */
  | 'duplicate'
  /** The peer has started anew, or this is of its earlier life. */
  | 'superseded'
  /** No echo came back. */
  | 'silent'
  /** The lane has nothing to do. */
  | 'idle'
  | 'not_a_member'
  | 'malformed';

interface Place {
  readonly link: PeerLink;
  readonly lane: number;
}

/** Which connection is which lane of which link; and of two connections for one lane the same one on both sides. */
export class LinkTable {
  closes: ConnectionClose[] = [];
  readonly #self: string;
  readonly #config: OverlayConfig;
  readonly #random: () => number;
  readonly #links = new Map<string, PeerLink>();
  readonly #places = new Map<number, Place>();

  constructor(self: string, config: OverlayConfig, random: () => number) {
    this.#self = self;
    this.#config = config;
    this.#random = random;
  }

  get(peer: string): PeerLink | undefined {
    return this.#links.get(peer);
  }

  all(): MapIterator<PeerLink> {
    return this.#links.values();
  }

  /** Lanes of the link to a peer that have a connection. */
  connectedLanes(peer: string): ReadonlySet<number> {
    const lanes = new Set<number>();
    for (const [lane, connection] of this.#links.get(peer)?.connections.entries() ?? [])
      if (connection !== null) lanes.add(lane);
    return lanes;
  }

  /** Lanes that the link to a peer would like besides the first. */
  wantedLanes(peer: string): Iterable<number> {
    return this.#links.get(peer)?.wantedLanes ?? [];
  }

  placeOf(connection: number): Place | undefined {
    return this.#places.get(connection);
  }

  /** Takes a new connection in. Returns the link that it ended, if the peer was in another life before, else null. */
  connected(id: number, info: ConnectionInfo, nowMs: number): PeerLink | null {
    const { peer, lane, established, isDialled } = info;
    const known = this.#links.get(peer);
    const ended = known !== undefined && known.epoch !== established.linkEpoch ? known : null;
    if (ended !== null) this.end(ended, 'superseded', nowMs);
    let link = this.#links.get(peer);
    if (link === undefined) {
      link = new PeerLink(peer, established, this.#config.link, this.#random, nowMs);
      this.#links.set(peer, link);
    }
    const other = link.connections[lane] ?? null;
    if (other !== null && !this.#isBetter(peer, isDialled, other.isDialled)) {
      this.closes.push({ connection: id, reason: 'duplicate' });
      return ended;
    }
    if (other !== null) this.#forget(link, lane, 'duplicate', nowMs);
    link.connections[lane] = { id, isDialled, sinceMs: nowMs };
    this.#places.set(id, { link, lane });
    link.link.laneUp(lane, nowMs);
    return ended;
  }

  /** The transport lost a connection. Returns where it was, or undefined when that was known already. */
  disconnected(id: number, nowMs: number): Place | undefined {
    const place = this.#places.get(id);
    if (place === undefined) return undefined;
    this.#places.delete(id);
    place.link.connections[place.lane] = null;
    place.link.link.laneDown(place.lane, nowMs);
    return place;
  }

  /** Closes one lane of a link. */
  closeLane(link: PeerLink, lane: number, reason: CloseReason, nowMs: number): void {
    if (link.connections[lane] !== null) this.#forget(link, lane, reason, nowMs);
  }

  /** Ends a link: its connections are closed, what it had queued is for its owner to take back. */
  end(link: PeerLink, reason: CloseReason, nowMs: number): void {
    for (const lane of link.connections.keys()) this.closeLane(link, lane, reason, nowMs);
    link.isGone = true;
    this.#links.delete(link.peer);
  }

  #forget(link: PeerLink, lane: number, reason: CloseReason, nowMs: number): void {
    const connection = link.connections[lane]!;
    this.closes.push({ connection: connection.id, reason });
    this.#places.delete(connection.id);
    link.connections[lane] = null;
    link.link.laneDown(lane, nowMs);
  }

  /** The dial of the greater node id is kept; of two that the same side dialled the newer. */
  #isBetter(peer: string, isDialled: boolean, wasDialled: boolean): boolean {
    if (isDialled === wasDialled) return true;
    return isDialled === this.#self > peer;
  }
}
