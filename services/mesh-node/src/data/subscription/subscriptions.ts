import { DEFAULT_QUEUE, type QueueLimits } from '../bounded-queue.ts';
import type { DataCounters } from '../counters.ts';
import type { LocalInterests } from '../interest/local-interests.ts';
import type { CursorStore, EventLog } from '../ports.ts';
import { Subscription } from './subscription.ts';

/** Where a subscription begins; a durable one that is known goes on where it was instead. */
export type SubscribeFrom = { readonly offset: number } | 'earliest' | 'latest';

/** What somebody subscribes to, and how. */
export interface SubscribeRequest {
  readonly topic: string;
  readonly from: SubscribeFrom;
  /** Under this name the position is kept, and the topic wanted while nobody is there; null for neither. */
  readonly name: string | null;
  readonly queue?: Partial<QueueLimits>;
  /** Called when there is something to take again. */
  readonly onReadable: () => void;
  readonly onClosed: (reason: string) => void;
}

/** Why a subscription ended; whatever else is said is what is wrong with the record that stands next in the log. */
export const SubscriptionEnd = {
  closed: 'closed',
  takenOver: 'taken over',
  unsubscribed: 'unsubscribed',
  stopping: 'the node is being stopped',
} as const;

/** Characters of the name of a durable subscription. */
const NAME_MAX = 100;

/** Who gets what on this node: subscribing, unsubscribing and finding the subscribers of a topic take O(1). */
export class Subscriptions {
  readonly #log: EventLog;
  readonly #cursors: CursorStore;
  readonly #interests: LocalInterests;
  readonly #counters: DataCounters;
  readonly #byTopic = new Map<string, Set<Subscription>>();
  /** Durable ones that somebody takes from, by cursor. */
  readonly #attached = new Map<string, Subscription>();
  /** Durable ones by topic, with their cursors. */
  readonly #durable = new Map<string, Set<string>>();

  /** Durable subscriptions are there again, and their topics wanted. */
  constructor(log: EventLog, cursors: CursorStore, interests: LocalInterests, counters: DataCounters) {
    this.#log = log;
    this.#cursors = cursors;
    this.#interests = interests;
    this.#counters = counters;
    for (const [cursor] of cursors.all('subscriber/')) this.#keep(cursor.split('/').slice(2).join('/'), cursor);
  }

  /** The subscribers of a topic. */
  of(topic: string): Iterable<Subscription> {
    return this.#byTopic.get(topic) ?? [];
  }

  /** @throws RangeError for a name that is none */
  subscribe(request: SubscribeRequest): Subscription {
    const { topic, name, onReadable, onClosed, queue } = request;
    const cursor = name === null ? null : cursorOf(name, topic);
    const known = cursor === null ? null : this.#cursors.get(cursor);
    const subscription: Subscription = new Subscription({
      topic,
      name,
      from: known === null ? this.#startOf(request) : known + 1,
      log: this.#log,
      counters: this.#counters,
      queue: { ...DEFAULT_QUEUE, ...queue },
      onReadable,
      onClosed: (reason) => {
        this.#leave(subscription);
        onClosed(reason);
      },
    });
    if (cursor !== null) {
      // Whoever comes back has lost what it had before, whether that is known here or not.
      const former = this.#attached.get(cursor);
      if (former !== undefined) this.close(former, SubscriptionEnd.takenOver);
      this.#attached.set(cursor, subscription);
      if (known === null) this.#cursors.set(cursor, subscription.acked);
      this.#keep(topic, cursor);
    }
    const subscribers = this.#byTopic.get(topic);
    if (subscribers === undefined) this.#byTopic.set(topic, new Set([subscription]));
    else subscribers.add(subscription);
    this.#interests.add(topic);
    return subscription;
  }

  /** Acknowledges everything up to an offset. */
  ack(subscription: Subscription, offset: number): void {
    if (!subscription.ack(offset) || subscription.name === null) return;
    this.#cursors.set(cursorOf(subscription.name, subscription.topic), offset);
  }

  /** The subscriber goes; a durable subscription stays. */
  close(subscription: Subscription, reason: string): void {
    subscription.close(reason);
  }

  /** Ends a durable subscription. @returns whether there was one */
  forget(name: string, topic: string): boolean {
    const cursor = cursorOf(name, topic);
    const cursors = this.#durable.get(topic);
    if (!cursors?.delete(cursor)) return false;
    if (cursors.size === 0) this.#durable.delete(topic);
    const attached = this.#attached.get(cursor);
    if (attached !== undefined) this.close(attached, SubscriptionEnd.unsubscribed);
    this.#cursors.set(cursor, null);
    this.#interests.remove(topic);
    return true;
  }

  /** Topics have new records. */
  changed(topics: Iterable<string>): void {
    for (const topic of topics) for (const one of this.of(topic)) one.readable();
  }

  tick(nowMs: number): void {
    for (const subscribers of this.#byTopic.values()) for (const one of subscribers) one.tick(nowMs);
  }

  /** From where on a topic is needed by a durable subscription; Infinity when by none. */
  neededFrom(topic: string): number {
    let from = Number.POSITIVE_INFINITY;
    for (const cursor of this.#durable.get(topic) ?? []) from = Math.min(from, (this.#cursors.get(cursor) ?? 0) + 1);
    return from;
  }

  closeAll(reason: string): void {
    for (const subscribers of this.#byTopic.values()) for (const one of subscribers) this.close(one, reason);
  }

  #leave(subscription: Subscription): void {
    const { topic, name } = subscription;
    const subscribers = this.#byTopic.get(topic);
    if (!subscribers?.delete(subscription)) return;
    if (subscribers.size === 0) this.#byTopic.delete(topic);
    const cursor = name === null ? null : cursorOf(name, topic);
    if (cursor !== null && this.#attached.get(cursor) === subscription) this.#attached.delete(cursor);
    this.#interests.remove(topic);
  }

  #keep(topic: string, cursor: string): void {
    const cursors = this.#durable.get(topic) ?? new Set();
    this.#durable.set(topic, cursors);
    if (cursors.has(cursor)) return;
    cursors.add(cursor);
    this.#interests.add(topic);
  }

  #startOf({ topic, from }: SubscribeRequest): number {
    const { first, next } = this.#log.range(topic);
    if (from === 'earliest') return first;
    return from === 'latest' ? next : Math.max(from.offset, first);
  }
}

function cursorOf(name: string, topic: string): string {
  if (name.length === 0 || name.length > NAME_MAX || name.includes('/'))
    throw new RangeError(`the name of a subscription has 1 to ${NAME_MAX} characters and no /`);
  return `subscriber/${name}/${topic}`;
}
