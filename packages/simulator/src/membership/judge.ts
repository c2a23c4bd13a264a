import type { MemberState, MembershipConfig, MembershipEvent, Message, Packet } from '@peermesh/membership';
import { InvariantRegistry, InvariantViolation } from '../invariant.ts';
import type { LinkRule } from '../network/link-rule.ts';
import type { TraceRing } from '../trace.ts';
import type { Disturbance } from './disturbance.ts';
import type { MeshWatcher, MeshWorld } from './mesh-world.ts';
import { MEMBERSHIP_INVARIANTS, type MembershipRule } from './rules.ts';
import { identityOf, type SimMember } from './sim-member.ts';

/** What one observer believed of one member when it last said so. */
interface Belief {
  state: MemberState;
  incarnation: number;
  suspectedAtMs: number;
  life: number;
}

/** A member's own verdict on another, and the lives of both in which it came to it. */
interface Verdict {
  readonly atMs: number;
  readonly lives: string;
}

/** Longer than a claim rides on packets, with the longest time that a rule holds packets back. */
const NEWS_MS = 60_000;
const TRAFFIC_WINDOW_MS = 1_000;
const PACKETS_BASE = 1_000;
const PACKETS_PER_NODE = 20;

const LEGAL: Record<MemberState, readonly MemberState[]> = {
  alive: ['alive', 'suspect', 'failed', 'left'],
  suspect: ['alive', 'failed', 'left', 'suspect'],
  failed: ['alive', 'left'],
  left: ['alive'],
};
const STATE_AFTER: Partial<Record<MembershipEvent['type'], MemberState>> = {
  member_joined: 'alive',
  member_refuted: 'alive',
  member_rejoined: 'alive',
  member_suspected: 'suspect',
  member_failed: 'failed',
  member_left: 'left',
};

/** Compares what cores say with what is true, as they say it. */
export class MembershipJudge implements MeshWatcher {
  readonly registry = new InvariantRegistry<MembershipRule>(MEMBERSHIP_INVARIANTS.map(({ name }) => name));
  readonly counts = { suspected: 0, failed: 0, refuted: 0, rejoined: 0, joined: 0, left: 0, conflicts: 0, stalls: 0 };
  readonly #config: MembershipConfig;
  readonly #disturbance: Disturbance;
  readonly #trace: TraceRing;
  readonly #beliefs = new Map<string, Map<string, Belief>>();
  /** When a member came to a verdict of its own, by accuser, accused and incarnation. */
  readonly #verdicts = new Map<string, Verdict>();
  readonly #lossRate: number;
  #world: MeshWorld | undefined;
  /** Set while nothing may happen any more. */
  isQuiet = false;

  constructor(config: MembershipConfig, lossRate: number, disturbance: Disturbance, trace: TraceRing) {
    this.#config = config;
    this.#lossRate = lossRate;
    this.#disturbance = disturbance;
    this.#trace = trace;
  }

  watch(world: MeshWorld): void {
    this.#world = world;
  }

  onThrow(node: SimMember, cause: unknown): void {
    const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    throw new InvariantViolation('NeverThrows', `${node.id}: ${text}`);
  }

  onRule(rule: LinkRule, isStart: boolean, nowMs: number): void {
    this.#disturbance.onRule(rule, isStart, nowMs);
  }

  onLateReceiver(isStart: boolean, nowMs: number): void {
    this.#disturbance.onLateReceiver(isStart, nowMs);
  }

  onPacket(from: SimMember, packet: Packet, nowMs: number): void {
    this.#checkTraffic(from, nowMs);
    if (packet.isReliable) return;
    const { packetBytesMax } = this.#config;
    this.registry.check('PacketLimit', packet.bytes.length <= packetBytesMax, () => `${packet.bytes.length} bytes`);
    if (!this.isQuiet || this.#world === undefined) return;
    const message = this.#world.codec.decode(packet.bytes) as Message;
    const say = (): string => `${from.id} still tells ${JSON.stringify(message.claims.slice(0, 3))}`;
    this.registry.check('QuietWhenTold', message.claims.length === 0, say);
  }

  #checkTraffic(from: SimMember, nowMs: number): void {
    if (nowMs - from.windowAtMs >= TRAFFIC_WINDOW_MS) {
      from.windowAtMs = nowMs;
      from.windowPackets = 0;
    }
    from.windowPackets += 1;
    const limit = PACKETS_BASE + PACKETS_PER_NODE * (this.#world?.nodes().length ?? 0);
    const say = (): string => `${from.id} sent ${from.windowPackets} packets in ${nowMs - from.windowAtMs} ms`;
    this.registry.check('BoundedTraffic', from.windowPackets <= limit, say);
  }

  onEvent(observer: SimMember, event: MembershipEvent, nowMs: number): void {
    this.#trace.add(nowMs, observer.id, event.type, textOf(event));
    this.#count(event);
    if (event.type === 'identity_conflict') {
      this.registry.check('IdentityKept', event.identity === identityOf(event.id), () => `${observer.id} held a thief`);
    }
    const state = STATE_AFTER[event.type];
    if (state === undefined || !('member' in event)) return;
    const { id, incarnation, identity } = event.member;
    const say = (what: string) => (): string =>
      `${observer.id} on ${id}: ${what} (${event.type}, incarnation ${incarnation}${'by' in event ? `, by ${event.by}` : ''})`;
    this.registry.check('IdentityKept', identity === identityOf(id), say(`identity ${identity}`));
    this.registry.check('StaysConverged', !this.isQuiet, say('changed after convergence'));
    const world = this.#world;
    if (world === undefined) return;
    const subject = world.member(id);
    const ever = subject.incarnationMax;
    this.registry.check('OwnIncarnation', incarnation <= ever, say(`it never had more than ${ever}`));
    const belief = this.#belief(observer, id);
    if (belief !== undefined) {
      const isActiveAgain = state === 'alive' && (belief.state === 'failed' || belief.state === 'left');
      const isLegal = LEGAL[belief.state].includes(state) && (!isActiveAgain || incarnation > belief.incarnation);
      this.registry.check('LegalTransition', isLegal, say(`was ${belief.state} in ${belief.incarnation}`));
      this.registry.check('OwnIncarnation', incarnation >= belief.incarnation, say(`was in ${belief.incarnation}`));
    }
    if (event.type === 'member_suspected') this.#judgeSuspicion(observer, subject, event.by, nowMs, say);
    if (event.type === 'member_failed')
      this.#judgeVerdict(observer, subject, event.by, belief, incarnation, nowMs, say);
    const suspectedAtMs = state === 'suspect' ? nowMs : (belief?.suspectedAtMs ?? Number.NaN);
    this.#remember(observer, id, { state, incarnation, suspectedAtMs, life: observer.life });
  }

  #judgeSuspicion(
    observer: SimMember,
    subject: SimMember,
    by: string,
    nowMs: number,
    say: (what: string) => () => string,
  ): void {
    const accuser = this.#world?.member(by);
    // What a torn network or a paused subject gives reason for says nothing of how late the observer knows itself to be.
    const isGroundless = this.#disturbance.isNetworkFair(nowMs) && this.#disturbance.isHealthy(subject, nowMs);
    if (accuser !== undefined && by === observer.id && observer.receiveDelayMs > 0 && isGroundless)
      observer.accusations.push(nowMs);
    const isExcused =
      this.#lossRate > 0 ||
      this.#isOldNews(observer, by, nowMs) ||
      !this.#disturbance.isNetworkPerfect(nowMs) ||
      !this.#disturbance.isHealthy(subject, nowMs) ||
      accuser === undefined;
    this.registry.check('HealthyIsNotAccused', isExcused, say('it runs and no packet was lost'));
    const isLinkExcused =
      this.#lossRate > 0 || !this.#disturbance.isOneLinkBroken(nowMs) || !this.#areAllHealthy(nowMs);
    this.registry.check('OneLinkIsNoDeath', isLinkExcused, say('only one link is broken'));
  }

  #areAllHealthy(nowMs: number): boolean {
    for (const member of this.#world?.members() ?? []) if (!this.#disturbance.isHealthy(member, nowMs)) return false;
    return true;
  }

  #judgeVerdict(
    observer: SimMember,
    subject: SimMember,
    by: string,
    belief: Belief | undefined,
    incarnation: number,
    nowMs: number,
    say: (what: string) => () => string,
  ): void {
    // A restarted observer may hear of a verdict of its former life.
    if (by === observer.id && this.#disturbance.isHealthy(observer, nowMs)) {
      const leastMs = this.#config.suspicionMultiplier * this.#config.probeIntervalMs;
      const lastedMs = nowMs - (belief?.suspectedAtMs ?? nowMs);
      const isLong = belief?.state === 'suspect' && lastedMs >= leastMs - 1;
      this.registry.check('NoHastyVerdict', isLong, say(`suspected for ${lastedMs} ms only`));
    }
    this.#judgeAge(observer, subject, by, incarnation, nowMs, say);
    const isExcused =
      this.#isOldNews(observer, by, nowMs) ||
      !this.#disturbance.isNetworkFair(nowMs) ||
      !this.#disturbance.isHealthy(subject, nowMs) ||
      (!this.#disturbance.isNetworkPerfect(nowMs) && !this.#hasHelper(observer, subject, nowMs));
    this.registry.check('HealthyStays', isExcused, say('it runs undisturbed'));
  }

  /** Whoever stood still reads then what others said long before. */
  #isOldNews(observer: SimMember, by: string, nowMs: number): boolean {
    return by !== observer.id && !this.#disturbance.isHealthy(observer, nowMs);
  }

  /** Whether there is a third member that could reach the subject where the observer cannot. */
  #hasHelper(observer: SimMember, subject: SimMember, nowMs: number): boolean {
    const others = this.#world?.nodes() ?? [];
    return others.some((id) => {
      const other = id === observer.id || id === subject.id ? undefined : this.#world?.member(id);
      return other !== undefined && this.#disturbance.isHealthy(other, nowMs);
    });
  }

  /** A verdict of others counts while it is news; what a synchronization brings from another time is none. */
  #judgeAge(
    observer: SimMember,
    subject: SimMember,
    by: string,
    incarnation: number,
    nowMs: number,
    say: (what: string) => () => string,
  ): void {
    const key = `${by} ${subject.id} ${incarnation}`;
    const made = this.#verdicts.get(key);
    if (by === observer.id) {
      // Who lost its disk counts incarnations anew: the same words are a new verdict then.
      const lives = `${observer.life} ${subject.life}`;
      if (made?.lives !== lives) this.#verdicts.set(key, { atMs: nowMs, lives });
      return;
    }
    const isFresh = made === undefined || nowMs - made.atMs <= NEWS_MS;
    const isExcused = !this.#disturbance.isHealthy(observer, nowMs) || !subject.isRunning;
    this.registry.check(
      'VerdictsAreNews',
      isFresh || isExcused,
      say(`the verdict is of ${nowMs - (made?.atMs ?? 0)} ms ago`),
    );
  }

  #belief(observer: SimMember, id: string): Belief | undefined {
    const belief = this.#beliefs.get(observer.id)?.get(id);
    return belief?.life === observer.life ? belief : undefined;
  }

  #remember(observer: SimMember, id: string, belief: Belief): void {
    let beliefs = this.#beliefs.get(observer.id);
    if (beliefs === undefined) {
      beliefs = new Map();
      this.#beliefs.set(observer.id, beliefs);
    }
    beliefs.set(id, belief);
  }

  #count(event: MembershipEvent): void {
    if (event.type === 'member_suspected') this.counts.suspected += 1;
    if (event.type === 'member_failed') this.counts.failed += 1;
    if (event.type === 'member_refuted') this.counts.refuted += 1;
    if (event.type === 'member_rejoined') this.counts.rejoined += 1;
    if (event.type === 'member_joined') this.counts.joined += 1;
    if (event.type === 'member_left') this.counts.left += 1;
    if (event.type === 'identity_conflict') this.counts.conflicts += 1;
    if (event.type === 'observer_stalled') this.counts.stalls += 1;
  }
}

function textOf(event: MembershipEvent): string {
  if ('member' in event) {
    return `${event.member.id} in ${event.member.incarnation}${'by' in event ? ` by ${event.by}` : ''}`;
  }
  return JSON.stringify(event);
}
