import { REFUSAL_REASONS, type RefusalReason } from './codec/refusal.ts';
import type { MembershipEvent, MemberView, Packet } from './events.ts';
import type { Member } from './member-table.ts';

/** Counts since start; read them for metrics, do not write. */
export interface MembershipCounters {
  packetsSent: number;
  bytesSent: number;
  packetsTaken: number;
  probesStarted: number;
  probesFailed: number;
  suspicionsRaised: number;
  refutations: number;
  stalls: number;
  refused: Record<RefusalReason, number>;
}

/** A copy of a member that later changes do not touch. */
export function viewOf(member: Member): MemberView {
  const { record, incarnation, state, stateChangedAtMs } = member;
  return { ...record, incarnation, state, stateChangedAtMs };
}

/** Effects that wait for the host. */
export class Outbox {
  #packets: Packet[] = [];
  #events: MembershipEvent[] = [];
  readonly counters: MembershipCounters = {
    packetsSent: 0,
    bytesSent: 0,
    packetsTaken: 0,
    probesStarted: 0,
    probesFailed: 0,
    suspicionsRaised: 0,
    refutations: 0,
    stalls: 0,
    refused: Object.fromEntries(REFUSAL_REASONS.map((reason) => [reason, 0])) as Record<RefusalReason, number>,
  };

  send(packet: Packet): void {
    this.#packets.push(packet);
    this.counters.packetsSent += 1;
    this.counters.bytesSent += packet.bytes.length;
  }

  emit(event: MembershipEvent): void {
    this.#events.push(event);
  }

  refuse(reason: RefusalReason): void {
    this.counters.refused[reason] += 1;
  }

  take(): { packets: readonly Packet[]; events: readonly MembershipEvent[] } {
    const ready = { packets: this.#packets, events: this.#events };
    if (ready.packets.length > 0) this.#packets = [];
    if (ready.events.length > 0) this.#events = [];
    return ready;
  }
}
