import { type Admission, isWelcome } from './admission.ts';
import type { Accusation, AliveClaim, Claim, LeftClaim, MemberRecord } from './claim.ts';
import { WIRE_VERSION } from './codec/limits.ts';
import type { MembershipConfig } from './config.ts';
import type { Dissemination } from './dissemination.ts';
import type { LocalHealth } from './local-health.ts';
import type { Member, MemberTable } from './member-table.ts';
import { type Outbox, viewOf } from './outbox.ts';
import type { Self } from './self.ts';
import type { DueCheck, Suspicions } from './suspicion.ts';

/** What the rules act on. */
export interface RuleContext {
  readonly config: MembershipConfig;
  readonly self: Self;
  readonly table: MemberTable;
  readonly suspicions: Suspicions;
  readonly dissemination: Dissemination;
  readonly health: LocalHealth;
  readonly admission: Admission;
  readonly outbox: Outbox;
}

/**
 * Which claim overrides which (SWIM, section 4.2): a higher incarnation wins; in the same incarnation suspect overrides
 * alive, failed overrides both, left overrides all. What changed the view is passed on, what did not is not.
 */
export class ClaimRules {
  readonly #context: RuleContext;
  #isOldNews = false;

  constructor(context: RuleContext) {
    this.#context = context;
  }

  apply(claim: Claim, nowMs: number): void {
    switch (claim.kind) {
      case 'alive':
        this.#applyAlive(claim, nowMs);
        return;
      case 'suspect':
      case 'failed':
        this.#applyAccusation(claim, nowMs);
        return;
      case 'left':
        this.#applyLeft(claim, nowMs);
    }
  }

  /** Takes over what everybody else knows already, as a joining member does, without passing it on. */
  adopt(claims: readonly Claim[], nowMs: number): void {
    this.#isOldNews = true;
    for (const claim of claims) this.apply(claim, nowMs);
    this.#isOldNews = false;
  }

  #passOn(claim: Claim, nowMs: number): void {
    if (!this.#isOldNews) this.#context.dissemination.broadcast(claim, nowMs);
  }

  /** A probe of this node itself went unanswered. */
  accuse(member: Member, nowMs: number): void {
    const { self, outbox } = this.#context;
    outbox.counters.suspicionsRaised += 1;
    this.#suspect(
      member,
      { kind: 'suspect', incarnation: member.incarnation, id: member.record.id, by: self.id },
      nowMs,
    );
  }

  /**
   * Suspicions that nobody refuted in time become verdicts.
   * @returns suspects whose time is nearly over, to be looked at again.
   */
  expire(nowMs: number): readonly DueCheck[] {
    const { suspicions, self } = this.#context;
    const { checks, expired } = suspicions.due(nowMs);
    for (const member of expired) {
      this.#fail(member, { kind: 'failed', incarnation: member.incarnation, id: member.record.id, by: self.id }, nowMs);
    }
    return checks;
  }

  /** Objects to a claim about this node with a higher incarnation. */
  #refute(claim: Claim, nowMs: number): void {
    const { self, dissemination, health, outbox } = this.#context;
    if (self.status !== 'active' || claim.incarnation < self.incarnation) return;
    self.outbid(claim.incarnation);
    dissemination.broadcastAtOnce(self.claim(), nowMs);
    if (claim.kind === 'alive') return;
    health.adjust(1);
    outbox.counters.refutations += 1;
    const by = claim.kind === 'left' ? claim.id : claim.by;
    outbox.emit({ type: 'self_refuted', by, incarnation: self.incarnation });
  }

  #applyAlive(claim: AliveClaim, nowMs: number): void {
    const { self, table } = this.#context;
    const { record, incarnation } = claim;
    if (record.id === self.id) {
      if (record.identity !== self.record.identity) this.#reportConflict(self.record, record);
      else if (incarnation > self.incarnation) this.#refute(claim, nowMs);
      return;
    }
    const known = table.get(record.id);
    if (known === undefined) this.#admit(claim, nowMs);
    else if (known.record.identity !== record.identity && known.state !== 'left') this.#conflict(known, record);
    else if (incarnation > known.incarnation) this.#renew(known, claim, nowMs);
  }

  #admit(claim: AliveClaim, nowMs: number): void {
    const { table, config, outbox } = this.#context;
    if (!this.#isAcceptable(claim.record)) return;
    if (table.size >= config.membersMax && !table.forgetOldest()) {
      outbox.refuse('table_full');
      return;
    }
    const member = table.add(claim.record, claim.incarnation, nowMs);
    this.#passOn(claim, nowMs);
    outbox.emit({ type: 'member_joined', member: viewOf(member) });
  }

  #renew(member: Member, claim: AliveClaim, nowMs: number): void {
    const { table, suspicions, outbox } = this.#context;
    if (!this.#isAcceptable(claim.record)) return;
    const { state, record: before } = member;
    member.record = claim.record;
    suspicions.end(member);
    table.change(member, 'alive', claim.incarnation, nowMs);
    this.#passOn(claim, nowMs);
    if (state === 'suspect') outbox.emit({ type: 'member_refuted', member: viewOf(member) });
    if (state === 'failed') outbox.emit({ type: 'member_rejoined', member: viewOf(member) });
    if (state === 'left') outbox.emit({ type: 'member_joined', member: viewOf(member) });
    else if (before.metadataVersion !== claim.record.metadataVersion || before.address !== claim.record.address) {
      outbox.emit({ type: 'member_updated', member: viewOf(member) });
    }
  }

  #isAcceptable(record: MemberRecord): boolean {
    const { admission, outbox, config } = this.#context;
    if (record.versionMin > WIRE_VERSION || record.versionMax < WIRE_VERSION) outbox.refuse('incompatible_version');
    else if (Buffer.byteLength(record.metadata) > config.metadataBytesMax) outbox.refuse('oversize');
    else if (!isWelcome(admission, record)) outbox.refuse('not_admitted');
    else return true;
    return false;
  }

  #applyAccusation(claim: Accusation, nowMs: number): void {
    const { self, table } = this.#context;
    if (claim.id === self.id) {
      this.#refute(claim, nowMs);
      return;
    }
    const member = table.get(claim.id);
    if (member === undefined || claim.incarnation < member.incarnation || member.activeIndex < 0) return;
    if (claim.kind === 'failed') this.#fail(member, claim, nowMs);
    else this.#suspect(member, claim, nowMs);
  }

  #suspect(member: Member, claim: Accusation, nowMs: number): void {
    const { table, suspicions, outbox } = this.#context;
    const isSuspected = member.state === 'suspect';
    if (isSuspected && claim.incarnation === member.incarnation) {
      if (suspicions.confirm(member, claim.by, nowMs)) this.#passOn(claim, nowMs);
      return;
    }
    // A suspect that has objected meanwhile: what is said of it now is another accusation, and it has its time again.
    table.change(member, 'suspect', claim.incarnation, nowMs);
    suspicions.start(member, claim.by, table.activeCount, nowMs);
    this.#passOn(claim, nowMs);
    if (!isSuspected) outbox.emit({ type: 'member_suspected', member: viewOf(member), by: claim.by });
  }

  #fail(member: Member, claim: Accusation, nowMs: number): void {
    const { table, suspicions, outbox } = this.#context;
    suspicions.end(member);
    table.change(member, 'failed', claim.incarnation, nowMs);
    this.#passOn(claim, nowMs);
    outbox.emit({ type: 'member_failed', member: viewOf(member), by: claim.by });
  }

  #applyLeft(claim: LeftClaim, nowMs: number): void {
    const { self, table, suspicions, outbox } = this.#context;
    if (claim.id === self.id) {
      this.#refute(claim, nowMs);
      return;
    }
    const member = table.get(claim.id);
    if (member === undefined || claim.incarnation < member.incarnation || member.state === 'left') return;
    suspicions.end(member);
    table.change(member, 'left', claim.incarnation, nowMs);
    this.#passOn(claim, nowMs);
    outbox.emit({ type: 'member_left', member: viewOf(member) });
  }

  #conflict(member: Member, claimed: MemberRecord): void {
    this.#context.outbox.refuse('identity_conflict');
    if (member.conflictReported === claimed.identity) return;
    member.conflictReported = claimed.identity;
    this.#reportConflict(member.record, claimed);
  }

  #reportConflict(known: MemberRecord, claimed: MemberRecord): void {
    this.#context.outbox.emit({
      type: 'identity_conflict',
      id: known.id,
      identity: known.identity,
      claimedIdentity: claimed.identity,
      claimedAddress: claimed.address,
    });
  }
}
