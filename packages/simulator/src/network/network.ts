import type { EventQueue } from '../event-queue.ts';
import type { SeededRandom } from '../random.ts';
import { conditionsOf, type LinkRule } from './link-rule.ts';

/** How a message fares when no fault is active. */
export interface NetworkProfile {
  readonly latencyMs: number;
  /** Mean of the exponential part on top of `latencyMs`. */
  readonly jitterMs: number;
  readonly bytesPerMs: number;
}

export const LAN_PROFILE: NetworkProfile = { latencyMs: 0.3, jitterMs: 0.2, bytesPerMs: 125_000 };

/** What became of the messages that were sent. */
export interface NetworkCounts {
  sent: number;
  delivered: number;
  dropped: number;
  duplicated: number;
  reordered: number;
  clogged: number;
  relayed: number;
}

interface SimNetworkOptions<Message> {
  readonly queue: EventQueue;
  readonly random: SeededRandom;
  readonly profile?: NetworkProfile;
  /** Whether the node runs: a message to one that does not is lost, and it relays nothing. */
  readonly isUp: (node: string) => boolean;
  readonly deliver: (from: string, to: string, message: Message, lane: number) => void;
}

/** A sender's queue holds what takes this long to send; more is lost. */
const BACKLOG_MS_MAX = 2_000;

/** Time on the wire and the last arrival on one lane of one direction, since its connection was opened. */
interface LinkState {
  busyUntilMs: number;
  lastArrivalMs: number;
  isReset: boolean;
}

/**
 * A packet network between named nodes. Without faults each (from, to, lane) is FIFO, as a TCP connection is; faults are
 * {@link LinkRule}s that come and go. Messages are objects and are never copied: senders must not change them afterwards.
 */
export class SimNetwork<Message> {
  readonly #queue: EventQueue;
  readonly #random: SeededRandom;
  readonly #profile: NetworkProfile;
  readonly #isUp: (node: string) => boolean;
  readonly #deliver: SimNetworkOptions<Message>['deliver'];
  readonly #rules = new Set<LinkRule>();
  readonly #links = new Map<string, Map<string, Map<number, LinkState>>>();
  readonly #held = new Map<LinkRule, (() => void)[]>();
  readonly counts: NetworkCounts = {
    sent: 0,
    delivered: 0,
    dropped: 0,
    duplicated: 0,
    reordered: 0,
    clogged: 0,
    relayed: 0,
  };

  constructor({ queue, random, profile = LAN_PROFILE, isUp, deliver }: SimNetworkOptions<Message>) {
    this.#queue = queue;
    this.#random = random;
    this.#profile = profile;
    this.#isUp = isUp;
    this.#deliver = deliver;
  }

  /** Starts a rule; the function returned ends it and releases what it held back. */
  addRule(rule: LinkRule): () => void {
    this.#rules.add(rule);
    return () => {
      this.#rules.delete(rule);
      const held = this.#held.get(rule) ?? [];
      this.#held.delete(rule);
      if (rule.bytesPerMs !== undefined) this.#resetBusyLinks();
      for (const release of held) release();
    };
  }

  get hasRules(): boolean {
    return this.#rules.size > 0;
  }

  /** Whether a message would get through now, losses aside. */
  isConnected(from: string, to: string): boolean {
    if (this.#rules.size === 0) return true;
    const conditions = conditionsOf(this.#rules, from, to, 0);
    return !conditions.isCut && conditions.clog === null;
  }

  send(from: string, to: string, message: Message, bytes: number, lane = 0): void {
    this.counts.sent++;
    this.#hop(from, to, bytes, lane, () => {
      this.counts.delivered++;
      this.#deliver(from, to, message, lane);
    });
  }

  #hop(from: string, to: string, bytes: number, lane: number, arrive: () => void, isRelayed = false): void {
    if (this.#rules.size === 0) {
      this.#travel(from, to, bytes, lane, this.#profile.bytesPerMs, 0, true, arrive);
      return;
    }
    const conditions = conditionsOf(this.#rules, from, to, lane);
    if (conditions.relay !== null && !isRelayed) {
      const { relay } = conditions;
      this.counts.relayed++;
      this.#hop(from, relay, bytes, lane, () => this.#hop(relay, to, bytes, lane, arrive, true), true);
      return;
    }
    if (conditions.isCut || this.#random.chance(conditions.dropRate)) {
      this.counts.dropped++;
      return;
    }
    if (conditions.clog !== null) {
      this.counts.clogged++;
      const held = this.#held.get(conditions.clog) ?? [];
      held.push(() => this.#hop(from, to, bytes, lane, arrive, isRelayed));
      this.#held.set(conditions.clog, held);
      return;
    }
    const bytesPerMs = Math.min(conditions.bytesPerMs, this.#profile.bytesPerMs);
    const isReordered = this.#random.chance(conditions.reorderRate);
    if (isReordered) this.counts.reordered++;
    const delayMs = conditions.delayMs + (isReordered ? this.#random.between(0, conditions.reorderMs) : 0);
    this.#travel(from, to, bytes, lane, bytesPerMs, delayMs, !isReordered, arrive);
    if (this.#random.chance(conditions.duplicateRate)) {
      this.counts.duplicated++;
      const { late } = conditions;
      const lateMs = late === null ? this.#random.exponential(20) : this.#random.between(0, late.duplicateLateMs ?? 0);
      const again = (): void => {
        if (late === null || this.#rules.has(late)) arrive();
      };
      this.#travel(from, to, bytes, lane, bytesPerMs, delayMs + lateMs, false, again);
    }
  }

  #travel(
    from: string,
    to: string,
    bytes: number,
    lane: number,
    bytesPerMs: number,
    delayMs: number,
    isOrdered: boolean,
    arrive: () => void,
  ): void {
    const link = this.#link(from, to, lane);
    const startMs = Math.max(this.#queue.nowMs, link.busyUntilMs);
    if (startMs - this.#queue.nowMs > BACKLOG_MS_MAX) {
      this.counts.dropped++;
      return;
    }
    link.busyUntilMs = startMs + bytes / bytesPerMs;
    let arrivalMs =
      link.busyUntilMs + this.#profile.latencyMs + this.#random.exponential(this.#profile.jitterMs) + delayMs;
    if (isOrdered) {
      arrivalMs = Math.max(arrivalMs, link.lastArrivalMs);
      link.lastArrivalMs = arrivalMs;
    }
    this.#queue.at(arrivalMs, () => {
      if (this.#isUp(to) && !link.isReset) arrive();
      else this.counts.dropped++;
    });
  }

  #link(from: string, to: string, lane: number): LinkState {
    const lanes = entry(
      entry(this.#links, from, newMap<string, Map<number, LinkState>>),
      to,
      newMap<number, LinkState>,
    );
    return entry(lanes, lane, idleLink);
  }

  /** What is still on its way at a rate that is no more would keep all that follows waiting: its connection is replaced. */
  #resetBusyLinks(): void {
    for (const tos of this.#links.values())
      for (const lanes of tos.values())
        for (const [lane, link] of lanes) {
          if (link.busyUntilMs <= this.#queue.nowMs) continue;
          link.isReset = true;
          lanes.delete(lane);
        }
  }
}

const newMap = <Key, Value>(): Map<Key, Value> => new Map();
const idleLink = (): LinkState => ({ busyUntilMs: 0, lastArrivalMs: 0, isReset: false });

function entry<Key, Value>(map: Map<Key, Value>, key: Key, create: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) {
    value = create();
    map.set(key, value);
  }
  return value;
}
