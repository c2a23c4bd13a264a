import { type Admission, joinRefusal } from './admission.ts';
import type { AntiEntropy } from './anti-entropy.ts';
import type { AliveClaim, NodeId } from './claim.ts';
import type { ClaimRules } from './claim-rules.ts';
import { WIRE_VERSION } from './codec/limits.ts';
import type { Join, JoinAccepted, JoinRefusal, JoinRefused, Message } from './codec/messages.ts';
import type { MembershipConfig } from './config.ts';
import type { Dissemination } from './dissemination.ts';
import type { MemberTable } from './member-table.ts';
import type { Outbox } from './outbox.ts';
import type { Self } from './self.ts';

/** What joining acts on. */
export interface JoiningContext {
  readonly config: MembershipConfig;
  readonly meshId: string;
  readonly self: Self;
  readonly table: MemberTable;
  readonly dissemination: Dissemination;
  readonly rules: ClaimRules;
  readonly antiEntropy: AntiEntropy;
  readonly admission: Admission;
  readonly outbox: Outbox;
  readonly random: () => number;
}

/**
 * Both sides of a join. The seeds are kept, and asked again now and then while they are not in view: a member that finds
 * itself alone, or islands that grew around different seeds after everybody restarted, find together that way.
 */
export class Joining {
  readonly #context: JoiningContext;
  #seeds: readonly string[] = [];
  #credential: Uint8Array = new Uint8Array(0);
  #retryAtMs = Number.POSITIVE_INFINITY;
  #retryMs = 0;
  #isJoining = false;
  /** Answers of seeds are listened to until then. */
  #expectedUntilMs = Number.NEGATIVE_INFINITY;

  constructor(context: JoiningContext) {
    this.#context = context;
  }

  get isJoining(): boolean {
    return this.#isJoining;
  }

  get nextAtMs(): number {
    return this.#retryAtMs;
  }

  start(seeds: readonly string[], credential: Uint8Array, nowMs: number): void {
    this.#seeds = [...seeds];
    this.#credential = credential;
    this.#isJoining = true;
    this.#retryMs = this.#context.config.joinRetryMinMs;
    this.#ask(this.#seeds, nowMs);
  }

  /** Asks again, with growing and jittered pauses; once in, one seed that is not in view, at the longest of them. */
  tick(nowMs: number): void {
    if (nowMs < this.#retryAtMs) return;
    if (this.#isJoining) this.#ask(this.#seeds, nowMs);
    else this.#ask(this.#missingSeed(), nowMs);
  }

  onJoin(from: NodeId, message: Join & Message, nowMs: number): void {
    const { outbox, rules, table, antiEntropy, dissemination, meshId } = this.#context;
    const [claim] = message.claims;
    if (message.claims.length !== 1 || claim?.kind !== 'alive' || claim.record.id !== from) {
      outbox.refuse('bad_claim');
      return;
    }
    const reason = this.#refusal(message, claim);
    const to = { id: from, address: claim.record.address };
    if (reason !== undefined) {
      outbox.refuse(reason === 'wrong_mesh' ? 'wrong_mesh' : 'not_admitted');
      dissemination.sendReliably(to, { type: 'join_refused', reason }, []);
      return;
    }
    rules.apply(claim, nowMs);
    if (table.get(from) === undefined) return;
    dissemination.sendReliably(to, { type: 'join_accepted', meshId }, antiEntropy.everything());
  }

  onAccepted(from: NodeId, message: JoinAccepted & Message, nowMs: number): void {
    const { outbox, antiEntropy, dissemination, self, table, meshId } = this.#context;
    const isExpected = this.#isJoining || nowMs < this.#expectedUntilMs;
    if (!isExpected && table.get(from) === undefined) return outbox.refuse('unknown_sender');
    if (message.meshId !== meshId) return outbox.refuse('wrong_mesh');
    antiEntropy.merge(message.claims, nowMs, this.#isJoining);
    if (!this.#isJoining) {
      const member = table.get(from);
      if (member !== undefined) antiEntropy.request(member);
      return;
    }
    this.#isJoining = false;
    this.#retryAtMs = nowMs + this.#context.config.joinRetryMaxMs;
    dissemination.broadcastAtOnce(self.claim(), nowMs);
    outbox.emit({ type: 'join_completed', via: from, activeCount: table.activeCount });
  }

  /** A refusal ends the attempt; the host decides whether to call `join` again. */
  onRefused(from: NodeId, message: JoinRefused, nowMs: number): void {
    const { outbox } = this.#context;
    if (!this.#isJoining) return nowMs < this.#expectedUntilMs ? undefined : outbox.refuse('unknown_sender');
    this.#isJoining = false;
    this.#seeds = [];
    this.#retryAtMs = Number.POSITIVE_INFINITY;
    this.#expectedUntilMs = Number.NEGATIVE_INFINITY;
    outbox.emit({ type: 'join_refused', by: from, reason: message.reason });
  }

  #refusal(message: Join, claim: AliveClaim): JoinRefusal | undefined {
    const { meshId, table, admission, config, self } = this.#context;
    const { record } = claim;
    if (message.meshId !== meshId) return 'wrong_mesh';
    if (record.versionMin > WIRE_VERSION || record.versionMax < WIRE_VERSION) return 'incompatible_version';
    const known = table.get(record.id);
    const holder = record.id === self.id ? self.record : known?.state === 'left' ? undefined : known?.record;
    if (holder !== undefined && holder.identity !== record.identity) {
      this.#context.rules.apply(claim, 0);
      return 'identity_conflict';
    }
    if (known === undefined && table.activeCount + 1 >= config.membersMax) return 'full';
    return joinRefusal(admission, message.credential, record);
  }

  /** A seed, at random, at whose address no active member is; none when all are in view. */
  #missingSeed(): readonly string[] {
    const { table, random, self } = this.#context;
    const present = new Set([self.record.address]);
    for (const { activeIndex, record } of table.all()) if (activeIndex >= 0) present.add(record.address);
    const missing = this.#seeds.filter((address) => !present.has(address));
    const seed = missing[Math.floor(random() * missing.length)];
    return seed === undefined ? [] : [seed];
  }

  #ask(seeds: readonly string[], nowMs: number): void {
    const { self, dissemination, meshId, random, config } = this.#context;
    const retryMs = this.#isJoining ? this.#retryMs : config.joinRetryMaxMs;
    this.#retryAtMs = nowMs + retryMs * (0.75 + random() / 2);
    this.#retryMs = Math.min(config.joinRetryMaxMs, this.#retryMs * 2);
    this.#expectedUntilMs = this.#retryAtMs;
    const body = { type: 'join', meshId, credential: this.#credential } as const;
    for (const address of seeds) dissemination.sendReliably({ id: undefined, address }, body, [self.claim()]);
  }
}
