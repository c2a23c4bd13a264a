import { type Admission, OPEN_ADMISSION } from './admission.ts';
import { AntiEntropy } from './anti-entropy.ts';
import type { MemberRecord, NodeId } from './claim.ts';
import { ClaimRules } from './claim-rules.ts';
import { Codec } from './codec/codec.ts';
import { WIRE_VERSION } from './codec/limits.ts';
import type { Message } from './codec/messages.ts';
import { type MembershipConfig, membershipConfigFlaws } from './config.ts';
import { Dissemination } from './dissemination.ts';
import type { MembershipEvent, MemberView, Packet } from './events.ts';
import { Helper } from './helper.ts';
import { Joining } from './joining.ts';
import { LocalHealth } from './local-health.ts';
import { MemberTable } from './member-table.ts';
import { type MembershipCounters, Outbox, viewOf } from './outbox.ts';
import { Prober } from './prober.ts';
import { Receiver } from './receiver.ts';
import { recordFlaws } from './record-flaws.ts';
import { Self, type SelfStatus } from './self.ts';
import { Suspicions } from './suspicion.ts';

/** What a membership core is made of. */
export interface MembershipOptions {
  readonly meshId: string;
  readonly self: {
    readonly id: NodeId;
    readonly address: string;
    readonly identity: string;
    readonly metadata?: string;
    readonly metadataVersion?: number;
    /** Where to go on; a host that kept none may start at 0, older claims about it are outbid. */
    readonly incarnation?: number;
  };
  readonly config: MembershipConfig;
  /** A number in [0, 1); the only source of randomness. */
  readonly random: () => number;
  readonly now: number;
  readonly admission?: Admission;
}

/** What the host has to do now. */
export interface Ready {
  readonly packets: readonly Packet[];
  readonly events: readonly MembershipEvent[];
  /** Call `tick` no later than this; a later call counts as a stall of this node. */
  readonly nextTickAtMs: number;
}

/** SWIM with Lifeguard for one node. Not reentrant; all times are one monotonic clock's milliseconds. */
export interface Membership {
  readonly status: SelfStatus;
  readonly isJoining: boolean;
  readonly self: MemberView;
  /** This node's own incarnation; a host may keep it over restarts. */
  readonly incarnation: number;
  readonly counters: Readonly<MembershipCounters>;
  /** 0 is healthy; timeouts are stretched by this plus one. */
  readonly healthScore: number;
  /** Alive and suspected members, this node included. */
  readonly activeCount: number;
  /** Two nodes with equal digests see the same active members in the same incarnations. */
  readonly viewDigest: number;
  /** Takes a message from an authenticated peer. Bad input is refused and counted, it never throws. */
  step(from: NodeId, message: Uint8Array | Message, nowMs: number): void;
  /** Runs what is due. */
  tick(nowMs: number): void;
  /** Asks the seeds to be let in, again and again until one accepts or refuses. */
  join(seeds: readonly string[], credential: Uint8Array, nowMs: number): void;
  /** Says farewell; `leave_completed` tells when the process may end. */
  leave(nowMs: number): void;
  /** Publishes new metadata. @throws RangeError when it is too large. */
  setMetadata(metadata: string, nowMs: number): void;
  /** How late this process is, as `monitorEventLoopDelay` sees it; a slow observer accuses later. */
  setObserverHealth(health: { readonly eventLoopDelayMs: number }): void;
  /** Takes in a member that an authority admitted: alive until probes say otherwise. One that is known stays as it is. */
  admit(member: Pick<MemberRecord, 'id' | 'address' | 'identity'>, nowMs: number): void;
  /** Forgets a member that an authority removed. Its later claims need admission again. */
  remove(id: NodeId): void;
  get(id: NodeId): MemberView | undefined;
  /** Every known member but this node, in no order. */
  members(): readonly MemberView[];
  /** Hands over effects, each once. */
  takeReady(): Ready;
}

class MembershipCore implements Membership {
  readonly #self: Self;
  readonly #config: MembershipConfig;
  readonly #table: MemberTable;
  readonly #suspicions: Suspicions;
  readonly #health: LocalHealth;
  readonly #outbox = new Outbox();
  readonly #dissemination: Dissemination;
  readonly #rules: ClaimRules;
  readonly #prober: Prober;
  readonly #helper: Helper;
  readonly #antiEntropy: AntiEntropy;
  readonly #joining: Joining;
  readonly #receiver: Receiver;
  readonly #startedAtMs: number;
  #leaveAtMs = Number.POSITIVE_INFINITY;
  #dueAtMs: number;

  constructor(options: MembershipOptions, record: MemberRecord) {
    const { config, random, now, meshId, admission = OPEN_ADMISSION } = options;
    const codec = new Codec();
    const outbox = this.#outbox;
    const table = new MemberTable(random);
    const self = new Self(record, options.self.incarnation ?? 0, table);
    const suspicions = new Suspicions(config);
    const health = new LocalHealth(config.localHealthMax, config.eventLoopDelayStepMs);
    const dissemination = new Dissemination(config, self, table, codec, outbox);
    const rules = new ClaimRules({ config, self, table, suspicions, dissemination, health, admission, outbox });
    const firstSequence = Math.floor(random() * 2 ** 32);
    const prober = new Prober({ config, table, dissemination, rules, health, outbox }, firstSequence);
    const helper = new Helper(config, table, dissemination);
    const antiEntropy = new AntiEntropy({ config, self, table, dissemination, rules, prober, random });
    const shared = { config, self, table, dissemination, rules, antiEntropy, admission, outbox, random };
    const joining = new Joining({ meshId, ...shared });
    this.#config = config;
    this.#table = table;
    this.#self = self;
    this.#suspicions = suspicions;
    this.#health = health;
    this.#dissemination = dissemination;
    this.#rules = rules;
    this.#prober = prober;
    this.#helper = helper;
    this.#antiEntropy = antiEntropy;
    this.#joining = joining;
    this.#receiver = new Receiver({ codec, prober, helper, joining, ...shared });
    this.#startedAtMs = now;
    prober.startAt(now + config.probeIntervalMs * random());
    antiEntropy.start(now);
    this.#dueAtMs = this.#nextTickAtMs();
  }

  get status(): SelfStatus {
    return this.#self.status;
  }

  get isJoining(): boolean {
    return this.#joining.isJoining;
  }

  get self(): MemberView {
    const { record, incarnation, status } = this.#self;
    const state = status === 'active' ? 'alive' : 'left';
    return { ...record, incarnation, state, stateChangedAtMs: this.#startedAtMs };
  }

  get incarnation(): number {
    return this.#self.incarnation;
  }

  get counters(): Readonly<MembershipCounters> {
    return this.#outbox.counters;
  }

  get healthScore(): number {
    return this.#health.score;
  }

  get activeCount(): number {
    return this.#table.activeCount + (this.#self.status === 'active' ? 1 : 0);
  }

  get viewDigest(): number {
    return this.#table.digest.summary();
  }

  step(from: NodeId, message: Uint8Array | Message, nowMs: number): void {
    if (this.#self.status === 'left') return this.#outbox.refuse('not_running');
    this.#noticeStall(nowMs);
    this.#receiver.take(from, message, nowMs);
    this.#dueAtMs = this.#nextTickAtMs();
  }

  tick(nowMs: number): void {
    if (this.#self.status === 'left') return;
    this.#noticeStall(nowMs);
    this.#helper.tick(nowMs);
    this.#prober.tick(nowMs);
    for (const { member, isFirst } of this.#rules.expire(nowMs)) {
      this.#prober.check(member);
      if (isFirst) this.#antiEntropy.hurry(nowMs, member);
    }
    this.#antiEntropy.tick(nowMs);
    this.#joining.tick(nowMs);
    this.#dissemination.tick(nowMs);
    if (this.#self.status === 'leaving') this.#endLeave(nowMs);
    this.#dueAtMs = this.#nextTickAtMs();
  }

  join(seeds: readonly string[], credential: Uint8Array, nowMs: number): void {
    if (this.#self.status !== 'active') return;
    this.#joining.start(seeds, credential, nowMs);
    this.#dueAtMs = this.#nextTickAtMs();
  }

  leave(nowMs: number): void {
    if (this.#self.status !== 'active') return;
    const { incarnation, id } = this.#self;
    this.#self.status = 'leaving';
    this.#leaveAtMs = nowMs + this.#config.leaveTimeoutMs;
    this.#dissemination.broadcastAtOnce({ kind: 'left', incarnation, id }, nowMs);
    this.tick(nowMs);
  }

  setMetadata(metadata: string, nowMs: number): void {
    if (Buffer.byteLength(metadata) > this.#config.metadataBytesMax) throw new RangeError('metadata is too large');
    if (this.#self.status !== 'active') return;
    this.#self.setMetadata(metadata);
    this.#dissemination.broadcastAtOnce(this.#self.claim(), nowMs);
    this.#dueAtMs = this.#nextTickAtMs();
  }

  setObserverHealth({ eventLoopDelayMs }: { readonly eventLoopDelayMs: number }): void {
    this.#health.observe(eventLoopDelayMs);
  }

  admit(member: Pick<MemberRecord, 'id' | 'address' | 'identity'>, nowMs: number): void {
    const isKnown = member.id === this.#self.id || this.#table.get(member.id) !== undefined;
    if (isKnown || this.#self.status !== 'active') return;
    const versions = { versionMin: WIRE_VERSION, versionMax: WIRE_VERSION };
    const record: MemberRecord = { ...member, metadata: '', metadataVersion: 0, ...versions };
    this.#rules.adopt([{ kind: 'alive', incarnation: 0, record }], nowMs);
    this.#dueAtMs = this.#nextTickAtMs();
  }

  remove(id: NodeId): void {
    const member = this.#table.get(id);
    if (member === undefined) return;
    this.#suspicions.end(member);
    this.#table.remove(member);
  }

  get(id: NodeId): MemberView | undefined {
    const member = this.#table.get(id);
    return member === undefined ? undefined : viewOf(member);
  }

  members(): readonly MemberView[] {
    return Array.from(this.#table.all(), viewOf);
  }

  takeReady(): Ready {
    return { ...this.#outbox.take(), nextTickAtMs: this.#dueAtMs };
  }

  /** A call long after it was due means that this process stood still, and that answers may wait unread. */
  #noticeStall(nowMs: number): void {
    const lateMs = nowMs - this.#dueAtMs;
    if (lateMs <= this.#config.stallThresholdMs) return;
    this.#prober.extend(lateMs);
    this.#suspicions.extend(lateMs);
    this.#health.adjust(1);
    this.#dueAtMs = nowMs;
    this.#outbox.counters.stalls += 1;
    this.#outbox.emit({ type: 'observer_stalled', stalledMs: lateMs });
  }

  #endLeave(nowMs: number): void {
    const isTold = !this.#dissemination.isTellingSelf || this.#table.activeCount === 0;
    if (!isTold && nowMs < this.#leaveAtMs) return;
    this.#self.status = 'left';
    this.#outbox.emit({ type: 'leave_completed' });
  }

  #nextTickAtMs(): number {
    if (this.#self.status === 'left') return Number.POSITIVE_INFINITY;
    return Math.min(
      this.#prober.nextAtMs,
      this.#helper.nextAtMs,
      this.#suspicions.nextAtMs,
      this.#dissemination.nextAtMs,
      this.#antiEntropy.nextAtMs,
      this.#joining.nextAtMs,
      this.#leaveAtMs,
    );
  }
}

/**
 * Makes a membership core that knows only itself; call `join` to enter a mesh, or let others join it.
 * @throws RangeError naming every flaw of the configuration or of the node's own record.
 */
export function createMembership(options: MembershipOptions): Membership {
  const { id, address, identity, metadata = '', metadataVersion = 0 } = options.self;
  const versions = { versionMin: WIRE_VERSION, versionMax: WIRE_VERSION };
  const record: MemberRecord = { id, address, identity, metadata, metadataVersion, ...versions };
  const flaws = [...membershipConfigFlaws(options.config), ...recordFlaws(record, options.config.metadataBytesMax)];
  if (flaws.length > 0) throw new RangeError(`membership cannot start: ${flaws.join('; ')}`);
  return new MembershipCore(options, record);
}
