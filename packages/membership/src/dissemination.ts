import { BroadcastQueue } from './broadcast-queue.ts';
import { type Claim, type NodeId, subjectOf } from './claim.ts';
import { writeClaim } from './codec/claims.ts';
import type { Codec } from './codec/codec.ts';
import type { MessageBody } from './codec/messages.ts';
import type { MembershipConfig } from './config.ts';
import type { Member, MemberTable } from './member-table.ts';
import type { Outbox } from './outbox.ts';
import type { Self } from './self.ts';

/**
 * An accusation that waits longer, because there is nobody to tell, is news no more: by the time somebody can be reached, who looks
 * for itself knows better.
 */
const ACCUSATION_MS = 30_000;

/** Sends messages with claims riding on them, and gossip while there are claims that have not been told often enough. */
export class Dissemination {
  readonly #config: MembershipConfig;
  readonly #self: Self;
  readonly #table: MemberTable;
  readonly #codec: Codec;
  readonly #outbox: Outbox;
  readonly #queue = new BroadcastQueue();
  #gossipAtMs = 0;

  constructor(config: MembershipConfig, self: Self, table: MemberTable, codec: Codec, outbox: Outbox) {
    this.#config = config;
    this.#self = self;
    this.#table = table;
    this.#codec = codec;
    this.#outbox = outbox;
  }

  /** When the next gossip is due; never, while there is nothing to tell. */
  get nextAtMs(): number {
    return this.#queue.size === 0 ? Number.POSITIVE_INFINITY : this.#gossipAtMs;
  }

  get queueSize(): number {
    return this.#queue.size;
  }

  broadcast(claim: Claim, nowMs: number): void {
    if (this.#queue.size === 0) this.#gossipAtMs = Math.max(this.#gossipAtMs, nowMs);
    const isAccusation = claim.kind === 'suspect' || claim.kind === 'failed';
    const untilMs = isAccusation ? nowMs + ACCUSATION_MS : Number.POSITIVE_INFINITY;
    this.#queue.put(subjectOf(claim), this.#codec.encodeClaim(claim), untilMs);
  }

  /** Tells this first and without waiting for the next interval: objections and farewells. */
  broadcastAtOnce(claim: Claim, nowMs: number): void {
    this.broadcast(claim, nowMs);
    this.#gossipAtMs = nowMs;
  }

  /** True while the claim about this node is still being told. */
  get isTellingSelf(): boolean {
    return this.#queue.has(this.#self.id);
  }

  /**
   * Sends one packet within the size limit. A member that is not seen alive hears of it in the same packet, so that it
   * can object at once (Lifeguard's buddy system); `first` is a claim that must ride on this packet besides.
   */
  send(member: Member, body: MessageBody, first?: Claim): void {
    const writer = this.#codec.begin(body);
    const accusation = this.accusationOf(member);
    if (accusation !== undefined) writeClaim(writer, accusation);
    if (first !== undefined) writeClaim(writer, first);
    this.#queue.fill(writer, this.#config.packetBytesMax, this.#transmitsMax());
    const { id, address } = member.record;
    this.#outbox.send({ to: id, address, bytes: writer.copy(), isReliable: false });
  }

  /** A bare acknowledgement to whom this node does not know. */
  acknowledgeStranger(id: NodeId, sequence: number): void {
    const writer = this.#codec.begin({ type: 'ack', sequence });
    this.#outbox.send({ to: id, address: '', bytes: writer.copy(), isReliable: false });
  }

  /** Sends claims of any number over a reliable channel. */
  sendReliably(to: { id: string | undefined; address: string }, body: MessageBody, claims: readonly Claim[]): void {
    const writer = this.#codec.begin(body);
    for (const claim of claims) {
      const before = writer.length;
      writeClaim(writer, claim);
      if (writer.length <= this.#config.syncBytesMax) continue;
      writer.length = before;
      break;
    }
    this.#outbox.send({ to: to.id, address: to.address, bytes: writer.copy(), isReliable: true });
  }

  /** What this node holds against a member, or undefined. */
  accusationOf(member: Member): Claim | undefined {
    const { state, incarnation, record } = member;
    if (state === 'alive') return undefined;
    if (state === 'left') return { kind: 'left', incarnation, id: record.id };
    return { kind: state, incarnation, id: record.id, by: this.#self.id };
  }

  tick(nowMs: number): void {
    if (nowMs < this.nextAtMs) return;
    this.#gossipAtMs = nowMs + this.#config.gossipIntervalMs;
    this.#queue.dropOld(nowMs);
    for (const member of this.#table.pickActive(this.#config.gossipFanout, undefined)) {
      if (this.#queue.size === 0) return;
      this.send(member, { type: 'gossip' });
    }
    const failed = this.#queue.size > 0 ? this.#table.pickFailed() : undefined;
    if (failed !== undefined && nowMs - failed.stateChangedAtMs < this.#config.gossipToFailedMs) {
      this.send(failed, { type: 'gossip' });
    }
  }

  #transmitsMax(): number {
    return Math.ceil(this.#config.retransmitMultiplier * Math.max(1, Math.log10(this.#table.activeCount + 2)));
  }
}
