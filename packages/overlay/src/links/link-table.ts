import { BatchPool, type Established } from '@peermesh/link';
import type { OverlayConfig } from '../config.ts';
import type { ParkedFrame } from '../forwarding/parked-frames.ts';
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

/**
 * Which connection is which lane of which link; and of two connections for one lane the same one on both sides. A connection
 * to another life of a peer makes a second link, which takes the place of the first once an echo has come back over it:
 * the last word of a process that is dead already must not end the link to its successor.
 */
export class LinkTable {
  closes: ConnectionClose[] = [];
  /** Told of each best-effort frame of others that gave its room to a newer one, by its flow. */
  onDisplaced: (flow: number) => void = () => undefined;
  readonly #self: string;
  readonly #config: OverlayConfig;
  readonly #random: () => number;
  readonly #pool = new BatchPool();
  readonly #links = new Map<string, PeerLink>();
  readonly #candidates = new Map<string, PeerLink[]>();
  readonly #places = new Map<number, Place>();
  #all: readonly PeerLink[] | null = null;

  constructor(self: string, config: OverlayConfig, random: () => number) {
    this.#self = self;
    this.#config = config;
    this.#random = random;
  }

  get(peer: string): PeerLink | undefined {
    return this.#links.get(peer);
  }

  /** Every link, also of lives not proven yet: the list as of now, which later changes leave as it is. */
  all(): readonly PeerLink[] {
    this.#all ??= [...this.#links.values(), ...[...this.#candidates.values()].flat()];
    return this.#all;
  }

  /** Lanes to a peer that have a connection. */
  connectedLanes(peer: string): ReadonlySet<number> {
    const lanes = new Set<number>();
    for (const { connections } of this.#linksTo(peer))
      for (const [lane, connection] of connections.entries()) if (connection !== null) lanes.add(lane);
    return lanes;
  }

  /** Lanes that the link to a peer would like besides the first. */
  wantedLanes(peer: string): Iterable<number> {
    return this.#links.get(peer)?.wantedLanes ?? [];
  }

  placeOf(connection: number): Place | undefined {
    return this.#places.get(connection);
  }

  /** Takes a new connection in and returns the link that it is of. */
  connected(id: number, { peer, lane, established, isDialled }: ConnectionInfo, nowMs: number): PeerLink {
    const link =
      this.#linksTo(peer).find(({ epoch }) => epoch === established.linkEpoch) ?? this.#add(peer, established, nowMs);
    const other = link.connections[lane] ?? null;
    if (other !== null && !this.#isBetter(peer, isDialled, other.isDialled)) {
      this.closes.push({ connection: id, reason: 'duplicate' });
      return link;
    }
    if (other !== null) this.#forget(link, lane, 'duplicate', nowMs);
    link.connections[lane] = { id, isDialled, sinceMs: nowMs };
    this.#places.set(id, { link, lane });
    link.link.laneUp(lane, nowMs);
    return link;
  }

  /** A link has proved itself: returns those of other lives of its peer, which are at an end. */
  proven(link: PeerLink): PeerLink[] {
    const ended = this.#linksTo(link.peer).filter((other) => other !== link);
    this.#all = null;
    this.#links.set(link.peer, link);
    this.#candidates.delete(link.peer);
    for (const other of ended) other.isGone = true;
    return ended;
  }

  /** Goes on for another overlay: no connection stands, nothing is routed, and what waited has its credit given back. */
  inherit(held: readonly ParkedFrame[], nowMs: number): void {
    this.#places.clear();
    const waiting = [...held];
    for (const link of this.all()) {
      waiting.push(...link.parked.flatMap((parked) => parked.takeAll()));
      for (const lane of link.connections.keys()) {
        link.connections[lane] = null;
        link.link.laneDown(lane, nowMs);
      }
      link.isRouted = false;
      link.shortId = 0;
      link.strangerSinceMs = nowMs;
    }
    for (const { upstream, bytes, at, credit } of waiting)
      if (upstream !== null) upstream.link.release(bytes[at + CLASS_AT]!, credit, nowMs);
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

  /**
   * Closes all connections of a link. The link itself stays: as long as both processes live its sequences go on, and one
   * side alone cannot begin anew.
   */
  closeAll(link: PeerLink, reason: CloseReason, nowMs: number): void {
    for (const lane of link.connections.keys()) this.closeLane(link, lane, reason, nowMs);
  }

  /** Forgets links of nodes that are not members and have no connection, the oldest first, when there are many. */
  trim(): void {
    let strangers = 0;
    for (const link of this.#links.values()) if (isForgettable(link)) strangers += 1;
    for (const link of this.#links.values()) {
      if (strangers <= STRANGERS_KEPT) return;
      if (!isForgettable(link) || this.#candidates.has(link.peer)) continue;
      link.isGone = true;
      this.#links.delete(link.peer);
      this.#all = null;
      strangers -= 1;
    }
  }

  #linksTo(peer: string): PeerLink[] {
    const link = this.#links.get(peer);
    return link === undefined ? [] : [link, ...(this.#candidates.get(peer) ?? [])];
  }

  #add(peer: string, established: Established, nowMs: number): PeerLink {
    const onDisplaced = (flow: number): void => this.onDisplaced(flow);
    const shared = { config: this.#config, random: this.#random, pool: this.#pool, onDisplaced };
    const link = new PeerLink(peer, established, shared, nowMs);
    this.#all = null;
    if (!this.#links.has(peer)) this.#links.set(peer, link);
    else this.#candidates.set(peer, [...(this.#candidates.get(peer) ?? []), link].slice(-CANDIDATES_MAX));
    return link;
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

/** Where a frame says its class. */
const CLASS_AT = 7;
/** Links of unproven lives that are kept for one peer. */
const CANDIDATES_MAX = 4;
/** Links of strangers that are remembered without a connection. */
const STRANGERS_KEPT = 256;

function isForgettable(link: PeerLink): boolean {
  return link.shortId === 0 && !link.hasConnections;
}
