import type { StorageError } from '@peermesh/consensus';
import { BoundedQueue, type QueueLimits } from '../bounded-queue.ts';
import type { DataCounters } from '../counters.ts';
import type { EventLog, Priority, TopicRecord } from '../ports.ts';

/** A record that is in no log. */
export interface TransientRecord {
  readonly timeMs: number;
  readonly origin: number;
  readonly priority: Priority;
  readonly payload: Uint8Array;
}

/** What a subscriber gets: a record of the log, whose offset it can acknowledge, or one that is in no log. */
export type Delivery =
  | { readonly kind: 'stored'; readonly record: TopicRecord }
  | { readonly kind: 'transient'; readonly record: TransientRecord };

/** Bytes that are read ahead. */
const READ_BYTES = 64 * 1024;

/** Somebody's view of a topic. Stored records are read as they are taken, so none is lost, however slow the subscriber is. */
export class Subscription {
  readonly topic: string;
  /** Null for one whose position is not kept. */
  readonly name: string | null;
  readonly #log: EventLog;
  readonly #counters: DataCounters;
  readonly #transient: BoundedQueue<TransientRecord>;
  readonly #onReadable: () => void;
  readonly #onClosed: (reason: string) => void;
  #ahead: TopicRecord[] = [];
  #next: number;
  #acked: number;
  #isWaiting = true;
  #isClosed = false;

  constructor(options: {
    readonly topic: string;
    readonly name: string | null;
    readonly from: number;
    readonly log: EventLog;
    readonly counters: DataCounters;
    readonly queue: QueueLimits;
    readonly onReadable: () => void;
    readonly onClosed: (reason: string) => void;
  }) {
    const { topic, name, from, log, counters, queue, onReadable, onClosed } = options;
    this.topic = topic;
    this.name = name;
    this.#log = log;
    this.#counters = counters;
    this.#next = from;
    this.#acked = from - 1;
    this.#onReadable = onReadable;
    this.#onClosed = onClosed;
    this.#transient = new BoundedQueue(queue, (_, which) => counters.add(which, topic));
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Everything up to here is acknowledged. */
  get acked(): number {
    return this.#acked;
  }

  /** Stored records that were not taken. */
  get lag(): number {
    return Math.max(0, this.#log.range(this.topic).next - this.#next) + this.#ahead.length;
  }

  /**
   * What is there, at most `max`. When it is less than that, `onReadable` is called once there is more. A record that is
   * damaged ends the subscription, with its offset in the reason: a new one may begin behind it.
   */
  take(max: number): Delivery[] {
    const taken: Delivery[] = this.#transient.take(max).map((record) => ({ kind: 'transient', record }));
    while (taken.length < max && !this.#isClosed) {
      if (this.#ahead.length === 0) {
        this.#ahead = this.#read();
        if (this.#ahead.length === 0) break;
        this.#next = (this.#ahead.at(-1)?.offset ?? this.#next) + 1;
      }
      for (const record of this.#ahead.splice(0, max - taken.length)) taken.push({ kind: 'stored', record });
    }
    this.#isWaiting = taken.length < max;
    return taken;
  }

  /** Acknowledges everything up to an offset that was taken. @returns whether that is new */
  ack(offset: number): boolean {
    if (offset <= this.#acked || offset >= this.#next - this.#ahead.length) return false;
    this.#acked = offset;
    return true;
  }

  /** A record that is in no log, for as long as there is room. */
  offer(record: TransientRecord, nowMs: number, settled: (isQueued: boolean) => void): void {
    this.#transient.offer(record, nowMs, settled);
    this.readable();
  }

  /** There is something to take. */
  readable(): void {
    if (!this.#isWaiting || this.#isClosed) return;
    this.#isWaiting = false;
    this.#onReadable();
  }

  tick(nowMs: number): void {
    this.#transient.tick(nowMs);
  }

  #read(): TopicRecord[] {
    try {
      return this.#log.read(this.topic, this.#next, READ_BYTES);
    } catch (error) {
      const { name, fault, message } = error as StorageError;
      if (name !== 'StorageError' || fault !== 'corrupt') throw error;
      this.#counters.add('lost-corrupt', this.topic);
      this.close(message);
      return [];
    }
  }

  close(reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#transient.close();
    this.#onClosed(reason);
  }
}
