import type { Accusation, Claim } from './claim.ts';
import type { ClaimRules } from './claim-rules.ts';
import { DIGEST_BUCKETS, type Message, type SyncState } from './codec/messages.ts';
import type { MembershipConfig } from './config.ts';
import { differingBuckets } from './digest.ts';
import type { Dissemination } from './dissemination.ts';
import type { Member, MemberTable } from './member-table.ts';
import type { Prober } from './prober.ts';
import type { Self } from './self.ts';

/** What anti-entropy acts on. */
export interface AntiEntropyContext {
  readonly config: MembershipConfig;
  readonly self: Self;
  readonly table: MemberTable;
  readonly dissemination: Dissemination;
  readonly rules: ClaimRules;
  readonly prober: Prober;
  readonly random: () => number;
}

const EVERY_BUCKET = new Uint8Array(DIGEST_BUCKETS).fill(1);

/**
 * Repairs what gossip missed and heals partitions. Two members compare digests and exchange what differs. Accusations
 * that arrive this way are hearsay from another time or another side of a cut: they accuse nobody, they make this member
 * probe the accused itself, and the probe tells the accused, which then refutes.
 */
export class AntiEntropy {
  readonly #context: AntiEntropyContext;
  #syncAtMs = Number.POSITIVE_INFINITY;
  #reconnectAtMs = Number.POSITIVE_INFINITY;
  #hurriedAtMs = Number.NEGATIVE_INFINITY;

  constructor(context: AntiEntropyContext) {
    this.#context = context;
  }

  get nextAtMs(): number {
    return Math.min(this.#syncAtMs, this.#reconnectAtMs);
  }

  start(nowMs: number): void {
    this.#syncAtMs = nowMs + this.#jittered(this.#context.config.syncIntervalMs);
    this.#reconnectAtMs = nowMs + this.#jittered(this.#context.config.reconnectIntervalMs);
  }

  tick(nowMs: number): void {
    const { table, config } = this.#context;
    if (nowMs >= this.#syncAtMs) {
      this.#syncAtMs = nowMs + this.#jittered(config.syncIntervalMs);
      table.forgetLeft(nowMs - config.leftRetentionMs);
      for (const member of table.pickActive(1, undefined)) this.request(member);
    }
    if (nowMs >= this.#reconnectAtMs) {
      this.#reconnectAtMs = nowMs + this.#jittered(config.reconnectIntervalMs);
      this.#reconnect();
    }
  }

  /** This member may have missed something: asks another at once, but not more often than probes take rounds. */
  hurry(nowMs: number, except?: Member): void {
    const { config, table } = this.#context;
    if (nowMs < this.#hurriedAtMs + config.probeRoundMs) return;
    this.#hurriedAtMs = nowMs;
    for (const member of table.pickActive(1, except)) this.request(member);
  }

  /** Opens an exchange with a member, active or not. */
  request(member: Member): void {
    const { dissemination, table } = this.#context;
    const told = dissemination.accusationOf(member);
    const body = { type: 'sync_request', digests: table.digest.buckets } as const;
    dissemination.sendReliably(member.record, body, told === undefined ? [] : [told]);
  }

  onRequest(from: Member, digests: Uint32Array): void {
    const { table } = this.#context;
    const differs = differingBuckets(table.digest.buckets, digests);
    if (differs.includes(1)) this.#sendState(from, differs, false);
  }

  onState(from: Member, message: SyncState & Message, nowMs: number): void {
    this.merge(message.claims, nowMs);
    if (message.isReply) return;
    const differs = differingBuckets(this.#context.table.digest.buckets, message.digests);
    if (differs.includes(1)) this.#sendState(from, differs, true);
  }

  /**
   * Takes over what another member holds; accusations only lead to own probes, from a random place in the list on.
   * What a joining member hears is news to itself alone.
   */
  merge(claims: readonly Claim[], nowMs: number, isJoining = false): void {
    const { rules, self, random, config } = this.#context;
    const hearsay: Accusation[] = [];
    const facts: Claim[] = [];
    for (const claim of claims) {
      if ((claim.kind === 'suspect' || claim.kind === 'failed') && claim.id !== self.id) hearsay.push(claim);
      else facts.push(claim);
    }
    if (isJoining) rules.adopt(facts, nowMs);
    else for (const fact of facts) rules.apply(fact, nowMs);
    const first = Math.floor(random() * hearsay.length);
    let checks = 0;
    for (let index = 0; index < hearsay.length && checks < config.syncChecksMax; index += 1) {
      if (this.#check(hearsay[(first + index) % hearsay.length] as Accusation, nowMs)) checks += 1;
    }
  }

  /** The whole view, for a member that joins. */
  everything(): Claim[] {
    return this.#claims(EVERY_BUCKET);
  }

  #check(claim: Accusation, nowMs: number): boolean {
    const { table, prober } = this.#context;
    const member = table.get(claim.id);
    if (member === undefined || member.state !== 'alive' || claim.incarnation < member.incarnation) return false;
    prober.start(member, nowMs, claim);
    return true;
  }

  /**
   * Tries a failed member, however long ago it failed. All members together make about one attempt per failed member and
   * interval; a member that sees more failed than active ones tries every time.
   */
  #reconnect(): void {
    const { table, random } = this.#context;
    if (table.failedCount === 0 || random() * Math.max(1, table.activeCount) >= table.failedCount) return;
    const member = table.pickFailed();
    if (member !== undefined) this.request(member);
  }

  #sendState(to: Member, differs: Uint8Array, isReply: boolean): void {
    const { dissemination, table } = this.#context;
    const body = { type: 'sync_state', isReply, digests: table.digest.buckets } as const;
    dissemination.sendReliably(to.record, body, this.#claims(differs));
  }

  #claims(wanted: Uint8Array): Claim[] {
    const { self, table, dissemination } = this.#context;
    const claims: Claim[] = [];
    if (wanted[self.idHash % DIGEST_BUCKETS] === 1) claims.push(self.claim());
    for (const member of table.all()) {
      if (wanted[member.idHash % DIGEST_BUCKETS] !== 1) continue;
      const { activeIndex, incarnation, record } = member;
      if (activeIndex >= 0) claims.push({ kind: 'alive', incarnation, record });
      const accusation = dissemination.accusationOf(member);
      if (accusation !== undefined) claims.push(accusation);
    }
    return claims;
  }

  #jittered(intervalMs: number): number {
    return intervalMs * (0.75 + this.#context.random() / 2);
  }
}
