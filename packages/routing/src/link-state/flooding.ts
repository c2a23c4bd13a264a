import { compareVersions } from './advertisement.ts';
import type { DatabaseEntry, LinkStateDatabase, Refusal } from './database.ts';
import { bucketOf } from './digest.ts';
import {
  decodeMessage,
  encodeMessage,
  MESSAGE_ENTRIES_MAX,
  type RoutingMessage,
  type VersionedOrigin,
} from './messages.ts';
import { type FloodingConfig, Neighbour } from './neighbour.ts';

export interface OutgoingMessage {
  readonly to: number;
  readonly bytes: Uint8Array;
}

/** What flooding tells the router about an arrived advertisement. */
export interface FloodingListener {
  onInstalled(nowMs: number, entry: DatabaseEntry, hasChanged: boolean): void;
  onRefused(from: number, reason: Refusal): void;
  /** An advertisement of this node itself, made in an earlier life or by a thief of its key. */
  onOwnEcho(nowMs: number, from: number, bytes: Uint8Array): void;
}

/** An update is sent once it holds this many bytes; one advertisement alone may be larger. */
const UPDATE_BYTES = 30_000;

/** Spreads advertisements over all links, reliably, and keeps neighbouring databases equal. */
export class Flooding {
  readonly #self: number;
  readonly #config: FloodingConfig;
  readonly #database: LinkStateDatabase;
  readonly #listener: FloodingListener;
  readonly #random: () => number;
  readonly #neighbours = new Map<number, Neighbour>();
  #ready: OutgoingMessage[] = [];

  constructor(
    self: number,
    config: FloodingConfig,
    database: LinkStateDatabase,
    listener: FloodingListener,
    random: () => number,
  ) {
    this.#self = self;
    this.#config = config;
    this.#database = database;
    this.#listener = listener;
    this.#random = random;
  }

  get dueAtMs(): number {
    let dueAtMs = Number.POSITIVE_INFINITY;
    for (const neighbour of this.#neighbours.values()) dueAtMs = Math.min(dueAtMs, neighbour.dueAtMs);
    return this.#ready.length > 0 ? Number.NEGATIVE_INFINITY : dueAtMs;
  }

  /** Advertisements that some neighbour has not acknowledged yet. */
  get unacknowledged(): number {
    let count = 0;
    for (const neighbour of this.#neighbours.values()) count += neighbour.unacknowledged;
    return count;
  }

  addNeighbour(nowMs: number, peer: number): void {
    if (!this.#neighbours.has(peer)) this.#neighbours.set(peer, new Neighbour(peer, nowMs, this.#config));
  }

  removeNeighbour(peer: number): void {
    this.#neighbours.delete(peer);
  }

  hasNeighbour(peer: number): boolean {
    return this.#neighbours.has(peer);
  }

  /** Owes the entry to every neighbour, except to the one that it came from. */
  flood(nowMs: number, entry: DatabaseEntry, from?: number): void {
    for (const neighbour of this.#neighbours.values()) {
      if (neighbour.peer !== from) neighbour.owe(nowMs, entry.advertisement);
    }
  }

  /** Compares databases with all neighbours now instead of at the next interval. */
  compare(nowMs: number): void {
    for (const neighbour of this.#neighbours.values()) neighbour.syncNow(nowMs);
  }

  forget(origin: number): void {
    for (const neighbour of this.#neighbours.values()) neighbour.forget(origin);
  }

  receive(nowMs: number, from: number, bytes: Uint8Array): void {
    const neighbour = this.#neighbours.get(from);
    if (!neighbour) return;
    const message = decodeMessage(bytes);
    if (typeof message === 'string') this.#listener.onRefused(from, message);
    else this.#handle(nowMs, neighbour, message);
  }

  /** Moves what is due into messages. */
  tick(nowMs: number): void {
    for (const neighbour of this.#neighbours.values()) {
      if (neighbour.dueAtMs > nowMs) continue;
      const acks = neighbour.takeAcks();
      if (acks.length > 0) this.#send(neighbour, { kind: 'ack', entries: acks.slice(0, MESSAGE_ENTRIES_MAX) });
      const origins = neighbour.takeRequests();
      if (origins.length > 0) this.#send(neighbour, { kind: 'request', origins });
      this.#sendUpdates(nowMs, neighbour);
      if (neighbour.takeSync(nowMs)) this.#send(neighbour, { kind: 'digest', sums: this.#database.digest.sums() });
    }
  }

  takeMessages(): OutgoingMessage[] {
    const ready = this.#ready;
    this.#ready = [];
    return ready;
  }

  #handle(nowMs: number, neighbour: Neighbour, message: RoutingMessage): void {
    switch (message.kind) {
      case 'update':
        for (const bytes of message.advertisements) this.#onAdvertisement(nowMs, neighbour, bytes);
        break;
      case 'ack':
        for (const entry of message.entries) neighbour.has(entry);
        break;
      case 'digest':
        this.#answerDigest(neighbour, message.sums);
        break;
      case 'summary':
        this.#compare(nowMs, neighbour, message.buckets, message.entries);
        break;
      case 'request':
        for (const origin of message.origins) {
          const entry = this.#database.get(origin);
          if (entry) neighbour.oweNow(nowMs, entry.advertisement);
        }
        break;
    }
  }

  #onAdvertisement(nowMs: number, neighbour: Neighbour, bytes: Uint8Array): void {
    const offer = this.#isOwn(bytes) ? undefined : this.#database.offer(nowMs, bytes);
    if (!offer) {
      this.#listener.onOwnEcho(nowMs, neighbour.peer, bytes);
      const own = this.#database.get(this.#self);
      if (!own) return;
      neighbour.acknowledge(own.advertisement);
      if (!this.#database.holds(this.#self, bytes)) neighbour.owe(nowMs, own.advertisement);
      return;
    }
    if (offer.outcome === 'refused') {
      this.#listener.onRefused(neighbour.peer, offer.reason);
      if (offer.newer) neighbour.owe(nowMs, offer.newer.advertisement);
      if (offer.spent) neighbour.acknowledge(offer.spent);
      return;
    }
    const { advertisement } = offer.entry;
    neighbour.has(advertisement);
    neighbour.acknowledge({ origin: advertisement.origin, version: advertisement.version });
    if (offer.outcome === 'duplicate') return;
    this.flood(nowMs, offer.entry, neighbour.peer);
    this.#listener.onInstalled(nowMs, offer.entry, offer.hasChanged);
  }

  #isOwn(bytes: Uint8Array): boolean {
    if (bytes.length < 8) return false;
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(4, true) === this.#self;
  }

  #answerDigest(neighbour: Neighbour, sums: Uint32Array): void {
    const buckets = this.#database.digest.differences(sums);
    const wanted = new Set(buckets);
    const entries: VersionedOrigin[] = [];
    if (buckets.length > 0) {
      for (const { advertisement } of this.#database.entries()) {
        if (wanted.has(bucketOf(advertisement.origin))) entries.push(advertisement);
      }
    }
    this.#send(neighbour, { kind: 'summary', buckets, entries });
  }

  /** Sends what the neighbour lacks and asks for what it has newer. */
  #compare(nowMs: number, neighbour: Neighbour, buckets: readonly number[], entries: readonly VersionedOrigin[]): void {
    let isEqual = true;
    const theirs = new Map(entries.map(({ origin, version }) => [origin, version]));
    const wanted = new Set(buckets);
    for (const { advertisement } of this.#database.entries()) {
      if (!wanted.has(bucketOf(advertisement.origin))) continue;
      const version = theirs.get(advertisement.origin);
      if (version && compareVersions(version, advertisement.version) >= 0) continue;
      neighbour.oweNow(nowMs, advertisement);
      isEqual = false;
    }
    for (const [origin, version] of theirs) {
      if (!this.#database.isWanted(origin, version)) continue;
      neighbour.request(origin);
      isEqual = false;
    }
    neighbour.syncAfter(nowMs, isEqual, this.#random);
  }

  #sendUpdates(nowMs: number, neighbour: Neighbour): void {
    let advertisements: Uint8Array[] = [];
    let size = 0;
    for (const origin of neighbour.takeUpdates(nowMs)) {
      const entry = this.#database.get(origin);
      if (!entry) {
        neighbour.forget(origin);
        continue;
      }
      advertisements.push(entry.bytes);
      size += entry.bytes.length;
      if (size < UPDATE_BYTES) continue;
      this.#send(neighbour, { kind: 'update', advertisements });
      advertisements = [];
      size = 0;
    }
    if (advertisements.length > 0) this.#send(neighbour, { kind: 'update', advertisements });
  }

  #send({ peer }: Neighbour, message: RoutingMessage): void {
    this.#ready.push({ to: peer, bytes: encodeMessage(message) });
  }
}
