import type { NodeId } from './claim.ts';
import type { Writer } from './codec/writer.ts';

interface Broadcast {
  readonly subject: NodeId;
  readonly bytes: Buffer;
  /** Nobody needs it after that. */
  readonly untilMs: number;
  transmits: number;
  isObsolete: boolean;
}

/**
 * Claims that are still to be told, least told first and newest first among equals (memberlist's
 * TransmitLimitedQueue). A newer claim about a member replaces the older one, so the queue holds at most one per member.
 */
export class BroadcastQueue {
  readonly #tiers: Broadcast[][] = [];
  readonly #bySubject = new Map<NodeId, Broadcast>();

  get size(): number {
    return this.#bySubject.size;
  }

  /** Whether the claim about this member has been told often enough, or was never to be told. */
  has(subject: NodeId): boolean {
    return this.#bySubject.has(subject);
  }

  put(subject: NodeId, bytes: Buffer, untilMs = Number.POSITIVE_INFINITY): void {
    this.drop(subject);
    const broadcast: Broadcast = { subject, bytes, untilMs, transmits: 0, isObsolete: false };
    this.#bySubject.set(subject, broadcast);
    this.#tier(0).push(broadcast);
  }

  drop(subject: NodeId): void {
    const known = this.#bySubject.get(subject);
    if (known === undefined) return;
    known.isObsolete = true;
    this.#bySubject.delete(subject);
  }

  /** Drops what nobody needs any more. */
  dropOld(nowMs: number): void {
    for (const { subject, untilMs } of this.#bySubject.values()) if (nowMs >= untilMs) this.drop(subject);
  }

  /**
   * Appends claims to a packet up to `bytesMax`; what was told `transmitsMax` times leaves the queue.
   * @returns how many claims were appended.
   */
  fill(writer: Writer, bytesMax: number, transmitsMax: number): number {
    if (this.#bySubject.size === 0) return 0;
    const sent: Broadcast[] = [];
    for (let index = 0; index < this.#tiers.length; index += 1) {
      const tier = this.#tiers[index] as Broadcast[];
      const tooLarge: Broadcast[] = [];
      while (tier.length > 0) {
        const broadcast = tier.pop() as Broadcast;
        if (broadcast.isObsolete) continue;
        if (writer.length + broadcast.bytes.length > bytesMax) {
          tooLarge.push(broadcast);
          if (tooLarge.length >= 3) break;
          continue;
        }
        writer.bytes(broadcast.bytes);
        sent.push(broadcast);
      }
      while (tooLarge.length > 0) tier.push(tooLarge.pop() as Broadcast);
      if (tier.length > 0) break;
    }
    for (const broadcast of sent) this.#age(broadcast, transmitsMax);
    return sent.length;
  }

  #age(broadcast: Broadcast, transmitsMax: number): void {
    broadcast.transmits += 1;
    if (broadcast.transmits < transmitsMax) this.#tier(broadcast.transmits).push(broadcast);
    else this.#bySubject.delete(broadcast.subject);
  }

  #tier(transmits: number): Broadcast[] {
    while (this.#tiers.length <= transmits) this.#tiers.push([]);
    return this.#tiers[transmits] as Broadcast[];
  }
}
