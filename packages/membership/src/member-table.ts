import type { MemberRecord, MemberState, NodeId } from './claim.ts';
import { hashId, ViewDigest } from './digest.ts';

/** What this member believes about one other. */
export interface Member {
  record: MemberRecord;
  incarnation: number;
  state: MemberState;
  stateChangedAtMs: number;
  readonly idHash: number;
  /** Position among the active members, -1 when failed or left. */
  activeIndex: number;
  /** Identity of the last other claimant of the id that was reported, or empty. */
  conflictReported: string;
}

/**
 * All members but the owner, with O(1) state changes, O(1) random choice among the active ones, and a probe order in
 * which each active member comes once per round (the bound of SWIM, section 4.3).
 */
export class MemberTable {
  readonly digest = new ViewDigest();
  readonly #random: () => number;
  readonly #members = new Map<NodeId, Member>();
  readonly #active: Member[] = [];
  readonly #failed = new Map<NodeId, Member>();
  readonly #left = new Map<NodeId, Member>();
  #order: Member[] = [];
  #cursor = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  get size(): number {
    return this.#members.size;
  }

  get activeCount(): number {
    return this.#active.length;
  }

  get failedCount(): number {
    return this.#failed.size;
  }

  get(id: NodeId): Member | undefined {
    return this.#members.get(id);
  }

  all(): IterableIterator<Member> {
    return this.#members.values();
  }

  add(record: MemberRecord, incarnation: number, nowMs: number): Member {
    const member: Member = {
      record,
      incarnation,
      state: 'left',
      stateChangedAtMs: nowMs,
      idHash: hashId(record.id),
      activeIndex: -1,
      conflictReported: '',
    };
    this.#members.set(record.id, member);
    this.change(member, 'alive', incarnation, nowMs);
    return member;
  }

  /** Moves a member to a state and incarnation; every index and the digest follow. */
  change(member: Member, state: MemberState, incarnation: number, nowMs: number): void {
    const wasActive = member.activeIndex >= 0;
    const willBeActive = state === 'alive' || state === 'suspect';
    if (wasActive) this.digest.remove(member.idHash, member.incarnation);
    if (willBeActive) this.digest.add(member.idHash, incarnation);
    if (member.state !== state) member.stateChangedAtMs = nowMs;
    member.state = state;
    member.incarnation = incarnation;
    if (state === 'failed') this.#failed.set(member.record.id, member);
    else this.#failed.delete(member.record.id);
    if (state === 'left') this.#left.set(member.record.id, member);
    else this.#left.delete(member.record.id);
    if (wasActive && !willBeActive) this.#deactivate(member);
    if (!wasActive && willBeActive) this.#activate(member);
  }

  remove(member: Member): void {
    if (member.activeIndex >= 0) {
      this.digest.remove(member.idHash, member.incarnation);
      this.#deactivate(member);
    }
    member.state = 'left';
    this.#failed.delete(member.record.id);
    this.#left.delete(member.record.id);
    this.#members.delete(member.record.id);
  }

  /** The next member to probe, or undefined when alone. */
  nextToProbe(): Member | undefined {
    for (let turn = 0; turn < 2; turn += 1) {
      while (this.#cursor < this.#order.length) {
        const member = this.#order[this.#cursor++];
        if (member !== undefined && member.activeIndex >= 0) return member;
      }
      this.#shuffle();
    }
    return undefined;
  }

  /** Up to `count` distinct active members other than `except`, at random. */
  pickActive(count: number, except: Member | undefined): Member[] {
    const picked: Member[] = [];
    const active = this.#active;
    for (let tries = 0; picked.length < count && tries < count * 4; tries += 1) {
      const member = active[Math.floor(this.#random() * active.length)];
      if (member === undefined) break;
      if (member !== except && !picked.includes(member)) picked.push(member);
    }
    return picked;
  }

  /** A failed member at random, or undefined. */
  pickFailed(): Member | undefined {
    let skip = Math.floor(this.#random() * this.#failed.size);
    for (const member of this.#failed.values()) if (skip-- === 0) return member;
    return undefined;
  }

  /** Forgets who left before `sinceMs`. */
  forgetLeft(sinceMs: number): void {
    for (const member of this.#left.values()) {
      if (member.stateChangedAtMs >= sinceMs) return;
      this.remove(member);
    }
  }

  /** Makes room by forgetting whoever left or failed first. @returns false when all are active. */
  forgetOldest(): boolean {
    const [oldest] = this.#left.size > 0 ? this.#left.values() : this.#failed.values();
    if (oldest !== undefined) this.remove(oldest);
    return oldest !== undefined;
  }

  #activate(member: Member): void {
    member.activeIndex = this.#active.length;
    this.#active.push(member);
    const place = this.#cursor + Math.floor(this.#random() * (this.#order.length - this.#cursor + 1));
    const displaced = this.#order[place];
    if (displaced !== undefined) this.#order.push(displaced);
    this.#order[place] = member;
  }

  #deactivate(member: Member): void {
    const last = this.#active.pop();
    if (last !== undefined && last !== member) {
      this.#active[member.activeIndex] = last;
      last.activeIndex = member.activeIndex;
    }
    member.activeIndex = -1;
  }

  #shuffle(): void {
    const order = [...this.#active];
    for (let index = order.length - 1; index > 0; index -= 1) {
      const other = Math.floor(this.#random() * (index + 1));
      const moved = order[index] as Member;
      order[index] = order[other] as Member;
      order[other] = moved;
    }
    this.#order = order;
    this.#cursor = 0;
  }
}
