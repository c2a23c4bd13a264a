import type { NodeId } from './claim.ts';
import type { MembershipConfig } from './config.ts';
import type { Member } from './member-table.ts';

interface Suspicion {
  readonly member: Member;
  readonly minMs: number;
  readonly maxMs: number;
  readonly wanted: number;
  readonly accusers: Set<NodeId>;
  startedAtMs: number;
  endsAtMs: number;
  /** When the first of the last looks was taken, and how many have been. */
  checkedAtMs: number;
  checks: number;
}

/** A suspect to be looked at; `isFirst` of the looks before its verdict. */
export interface DueCheck {
  readonly member: Member;
  readonly isFirst: boolean;
}

/** How many probe rounds before its end a suspicion is checked, and how often: a fifth of all packets may be lost. */
const CHECK_ROUNDS = 3;
const CHECKS = 6;
const NOTHING_DUE = { checks: [], expired: [] } as const;

/**
 * The suspicions under way. Each lasts from `maxMs` down to `minMs`, shorter with every independent accuser
 * (Lifeguard, section IV-B): one observer alone is heard late, several are heard early.
 */
export class Suspicions {
  readonly #config: MembershipConfig;
  readonly #byMember = new Map<Member, Suspicion>();
  #nextAtMs = Number.POSITIVE_INFINITY;

  constructor(config: MembershipConfig) {
    this.#config = config;
  }

  get nextAtMs(): number {
    return this.#nextAtMs;
  }

  get size(): number {
    return this.#byMember.size;
  }

  start(member: Member, accuser: NodeId, activeCount: number, nowMs: number): void {
    const { suspicionMultiplier, suspicionMaxFactor, suspicionConfirmations, probeIntervalMs } = this.#config;
    const scale = Math.max(1, Math.log10(Math.max(1, activeCount + 1)));
    const minMs = suspicionMultiplier * scale * probeIntervalMs;
    const wanted = Math.max(0, Math.min(suspicionConfirmations, activeCount - 1));
    const maxMs = wanted === 0 ? minMs : minMs * suspicionMaxFactor;
    const suspicion = {
      member,
      minMs,
      maxMs,
      wanted,
      accusers: new Set([accuser]),
      startedAtMs: nowMs,
      endsAtMs: 0,
      checkedAtMs: Number.POSITIVE_INFINITY,
      checks: 0,
    };
    this.#byMember.set(member, suspicion);
    this.#schedule(suspicion, nowMs);
  }

  /** Counts one more accuser. @returns true when it is news that others should hear. */
  confirm(member: Member, accuser: NodeId, nowMs: number): boolean {
    const suspicion = this.#byMember.get(member);
    if (suspicion === undefined || suspicion.accusers.has(accuser)) return false;
    if (suspicion.accusers.size > suspicion.wanted) return false;
    suspicion.accusers.add(accuser);
    this.#schedule(suspicion, nowMs);
    return true;
  }

  end(member: Member): void {
    this.#byMember.delete(member);
    if (this.#byMember.size === 0) this.#nextAtMs = Number.POSITIVE_INFINITY;
  }

  /**
   * What is due: suspects to be looked at again, because the refutation may have been lost on its way to this member, and
   * suspects whose time is over; these are taken out. No suspicion ends without all of its last looks.
   */
  due(nowMs: number): { readonly checks: readonly DueCheck[]; readonly expired: readonly Member[] } {
    if (nowMs < this.#nextAtMs) return NOTHING_DUE;
    const checks: DueCheck[] = [];
    const expired: Member[] = [];
    for (const suspicion of this.#byMember.values()) {
      if (this.#dueAtMs(suspicion) > nowMs) continue;
      const { member } = suspicion;
      if (suspicion.checks >= CHECKS) expired.push(member);
      else checks.push({ member, isFirst: suspicion.checks === 0 });
      if (suspicion.checks === 0) suspicion.checkedAtMs = nowMs;
      suspicion.checks += 1;
    }
    for (const member of expired) this.#byMember.delete(member);
    this.#refresh();
    return { checks, expired };
  }

  /** The observer stood still: its suspects get that time on top, since their answers may wait unread. */
  extend(byMs: number): void {
    for (const suspicion of this.#byMember.values()) {
      suspicion.startedAtMs += byMs;
      suspicion.endsAtMs += byMs;
      suspicion.checkedAtMs += byMs;
    }
    this.#nextAtMs += byMs;
  }

  #schedule(suspicion: Suspicion, nowMs: number): void {
    const { minMs, maxMs, wanted, accusers, startedAtMs } = suspicion;
    const share = wanted === 0 ? 1 : Math.log(accusers.size) / Math.log(wanted + 1);
    suspicion.endsAtMs = startedAtMs + Math.max(minMs, maxMs - (maxMs - minMs) * share);
    this.#nextAtMs = Math.min(this.#nextAtMs, Math.max(nowMs, this.#dueAtMs(suspicion)));
  }

  #dueAtMs({ startedAtMs, endsAtMs, checkedAtMs, checks }: Suspicion): number {
    const checkMs = this.#config.probeRoundMs * CHECK_ROUNDS;
    if (checks === 0) return Math.max(startedAtMs, endsAtMs - checkMs);
    if (checks < CHECKS) return checkedAtMs + (checks * checkMs) / CHECKS;
    return Math.max(endsAtMs, checkedAtMs + checkMs);
  }

  #refresh(): void {
    this.#nextAtMs = Number.POSITIVE_INFINITY;
    for (const suspicion of this.#byMember.values()) {
      this.#nextAtMs = Math.min(this.#nextAtMs, this.#dueAtMs(suspicion));
    }
  }
}
