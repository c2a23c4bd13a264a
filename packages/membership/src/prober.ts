import type { Claim } from './claim.ts';
import type { ClaimRules } from './claim-rules.ts';
import type { MembershipConfig } from './config.ts';
import type { Dissemination } from './dissemination.ts';
import type { LocalHealth } from './local-health.ts';
import type { Member, MemberTable } from './member-table.ts';
import type { Outbox } from './outbox.ts';

interface Probe {
  readonly sequence: number;
  readonly member: Member;
  readonly accusation: Claim | undefined;
  round: number;
  nextAtMs: number;
  nacksExpected: number;
  nacks: number;
}

/** What a prober acts on. */
export interface ProberContext {
  readonly config: MembershipConfig;
  readonly table: MemberTable;
  readonly dissemination: Dissemination;
  readonly rules: ClaimRules;
  readonly health: LocalHealth;
  readonly outbox: Outbox;
}

/** What a failed probe says about the prober: helpers that are well say "no answer", so their silence is its own. */
function blameOf({ round, nacks, nacksExpected }: Probe): number {
  return nacksExpected === 0 ? 1 : Math.floor(((round - 1) * (nacksExpected - nacks)) / nacksExpected);
}

/**
 * Asks one member after the other whether it is there. A probe has rounds: the first is a direct ping, each later one is
 * a direct ping again and pings through random helpers. Only when all rounds are over is the member accused; any
 * acknowledgement ends the probe.
 */
export class Prober {
  readonly #context: ProberContext;
  readonly #probes = new Map<number, Probe>();
  #sequence: number;
  #startAtMs = 0;
  #nextRoundAtMs = Number.POSITIVE_INFINITY;

  constructor(context: ProberContext, firstSequence: number) {
    this.#context = context;
    this.#sequence = firstSequence;
  }

  get nextAtMs(): number {
    return Math.min(this.#startAtMs, this.#nextRoundAtMs);
  }

  /** Sequence numbers are shared with the pings that this node sends as a helper. */
  nextSequence(): number {
    this.#sequence = (this.#sequence + 1) >>> 0;
    return this.#sequence;
  }

  startAt(atMs: number): void {
    this.#startAtMs = atMs;
  }

  /** Probes a member now; `accusation` is what others say of it, for it to refute. */
  start(member: Member, nowMs: number, accusation?: Claim): void {
    const sequence = this.nextSequence();
    const nextAtMs = nowMs + this.#roundMs();
    this.#probes.set(sequence, { sequence, member, accusation, round: 1, nextAtMs, nacksExpected: 0, nacks: 0 });
    this.#nextRoundAtMs = Math.min(this.#nextRoundAtMs, nextAtMs);
    this.#context.outbox.counters.probesStarted += 1;
    this.#ping(member, sequence, accusation);
  }

  /** Pings a suspect again before the verdict. The answer counts by the refutation that it carries. */
  check(member: Member): void {
    this.#ping(member, this.nextSequence(), undefined);
  }

  /** @returns true when the sequence number belonged to a probe under way. */
  onAck(sequence: number): boolean {
    if (!this.#probes.delete(sequence)) return false;
    if (this.#probes.size === 0) this.#nextRoundAtMs = Number.POSITIVE_INFINITY;
    this.#context.health.adjust(-1);
    return true;
  }

  onNack(sequence: number): void {
    const probe = this.#probes.get(sequence);
    if (probe !== undefined) probe.nacks += 1;
  }

  tick(nowMs: number): void {
    const { config, health, table } = this.#context;
    if (nowMs >= this.#nextRoundAtMs) this.#advance(nowMs);
    if (nowMs < this.#startAtMs) return;
    this.#startAtMs = nowMs + config.probeIntervalMs * health.factor;
    const member = table.nextToProbe();
    if (member !== undefined) this.start(member, nowMs);
  }

  /** The observer stood still: the answers to its probes may wait unread. */
  extend(byMs: number): void {
    for (const probe of this.#probes.values()) probe.nextAtMs += byMs;
    this.#nextRoundAtMs += byMs;
  }

  #advance(nowMs: number): void {
    let nextAtMs = Number.POSITIVE_INFINITY;
    for (const probe of this.#probes.values()) {
      if (probe.nextAtMs <= nowMs) this.#nextRound(probe, nowMs);
      if (this.#probes.has(probe.sequence)) nextAtMs = Math.min(nextAtMs, probe.nextAtMs);
    }
    this.#nextRoundAtMs = nextAtMs;
  }

  #nextRound(probe: Probe, nowMs: number): void {
    const { config, table, dissemination, health, rules, outbox } = this.#context;
    const { member, sequence } = probe;
    if (member.activeIndex < 0) {
      this.#probes.delete(sequence);
      return;
    }
    if (probe.round < config.probeRounds) {
      probe.round += 1;
      probe.nextAtMs = nowMs + this.#roundMs();
      this.#ping(member, sequence, probe.accusation);
      for (const helper of table.pickActive(config.indirectProbes, member)) {
        probe.nacksExpected += 1;
        dissemination.send(helper, { type: 'ping_request', sequence, target: member.record.id });
      }
      return;
    }
    this.#probes.delete(sequence);
    outbox.counters.probesFailed += 1;
    health.adjust(blameOf(probe));
    rules.accuse(member, nowMs);
  }

  #ping(member: Member, sequence: number, accusation: Claim | undefined): void {
    this.#context.dissemination.send(member, { type: 'ping', sequence, target: member.record.id }, accusation);
  }

  #roundMs(): number {
    return this.#context.config.probeRoundMs * this.#context.health.factor;
  }
}
