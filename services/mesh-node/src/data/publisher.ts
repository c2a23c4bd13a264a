import type { DataCounters } from './counters.ts';
import { type EventLog, Priority, type TopicAppend } from './ports.ts';
import type { TransientRecord } from './subscription/subscription.ts';
import type { Subscriptions } from './subscription/subscriptions.ts';
import { isTopicName } from './topic-name.ts';
import type { TransientSender } from './transient-sender.ts';
import { encodeMessage } from './wire/codec.ts';
import { PAYLOAD_BYTES_MAX, TRANSIENT_BYTES_MAX, type TransientMessage } from './wire/message.ts';

/** Something to be published. Its payload belongs to the node from then on. */
export interface PublishRequest {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly priority: Priority;
  /** Stored before it is acknowledged, and sent until it has arrived; or sent once, and perhaps lost. */
  readonly isReliable: boolean;
}

/** Why something was not published. `noRoom` may pass: it is to be tried again later. */
export type PublishRefusal = 'badTopic' | 'badPriority' | 'tooLarge' | 'noRoom';

/** What became of it. */
export type PublishOutcome =
  | { readonly status: 'stored'; readonly offset: number }
  /** To how many subscribers here and nodes elsewhere it goes, and for how many it found no room. */
  | { readonly status: 'sent'; readonly receivers: number; readonly dropped: number }
  | { readonly status: 'refused'; readonly reason: PublishRefusal };

interface PublisherContext {
  readonly log: EventLog;
  readonly counters: DataCounters;
  readonly hasRoom: (topic: string, bytes: number) => boolean;
  readonly wallMs: () => number;
  readonly subscriptions: Subscriptions;
  readonly nodesOf: (topic: string) => Iterable<number>;
  readonly transient: TransientSender;
}

/** Payload bytes that are accepted and not durable; above it everybody but the mesh itself has to wait. */
const UNFLUSHED_BYTES_MAX = 64 * 1024 * 1024;

/** Stores what is to be stored, and gives the rest out. */
export class Publisher {
  readonly #context: PublisherContext;
  #unflushedBytes = 0;

  constructor(context: PublisherContext) {
    this.#context = context;
  }

  /** @throws StorageError when stored records cannot be written */
  async publish(requests: readonly PublishRequest[], nowMs: number): Promise<PublishOutcome[]> {
    const outcomes: (PublishOutcome | Promise<PublishOutcome> | number)[] = [];
    const appends: TopicAppend[] = [];
    const timeMs = this.#context.wallMs();
    for (const request of requests) {
      const reason = this.#refusal(request);
      const { topic, priority, payload, isReliable } = request;
      if (reason !== null) outcomes.push({ status: 'refused', reason });
      else if (isReliable) {
        outcomes.push(appends.length);
        appends.push({ topic, origin: 0, originSeq: 0, timeMs, priority, payload });
      } else outcomes.push(this.#giveOut(request, timeMs, nowMs));
      if (reason === 'noRoom') this.#context.counters.add('refused-no-room', topic);
    }
    const offsets = appends.length === 0 ? [] : await this.#store(appends);
    return Promise.all(
      outcomes.map(async (outcome) =>
        typeof outcome === 'number' ? { status: 'stored' as const, offset: offsets[outcome] ?? 0 } : outcome,
      ),
    );
  }

  /** Records of another node that are in no log. */
  deliver(origin: number, { topic, records }: TransientMessage, nowMs: number): void {
    for (const { timeMs, priority, payload } of records) {
      const record: TransientRecord = { timeMs, origin, priority, payload: Buffer.from(payload) };
      for (const one of this.#context.subscriptions.of(topic)) one.offer(record, nowMs, () => {});
    }
  }

  async #store(appends: readonly TopicAppend[]): Promise<readonly (number | null)[]> {
    const bytes = appends.reduce((sum, { payload }) => sum + payload.length, 0);
    this.#unflushedBytes += bytes;
    try {
      const offsets = await this.#context.log.append(appends);
      for (const { topic } of appends) this.#context.counters.add('published', topic);
      return offsets;
    } finally {
      this.#unflushedBytes -= bytes;
    }
  }

  #giveOut({ topic, priority, payload }: PublishRequest, timeMs: number, nowMs: number): Promise<PublishOutcome> {
    const { subscriptions, nodesOf, transient } = this.#context;
    const offers: Promise<boolean>[] = [];
    const offer = (give: (settled: (isQueued: boolean) => void) => void): void => void offers.push(new Promise(give));
    const record: TransientRecord = { timeMs, origin: 0, priority, payload };
    for (const one of subscriptions.of(topic)) offer((settled) => one.offer(record, nowMs, settled));
    const nodes = [...nodesOf(topic)];
    if (nodes.length > 0) {
      const bytes = encodeMessage({ kind: 'transient', topic, records: [{ seq: 0, timeMs, priority, payload }] });
      for (const node of nodes) offer((settled) => transient.send(node, { topic, priority, bytes }, nowMs, settled));
    }
    return Promise.all(offers).then((queued) => {
      const receivers = queued.filter(Boolean).length;
      return { status: 'sent', receivers, dropped: queued.length - receivers };
    });
  }

  #refusal({ topic, payload, priority, isReliable }: PublishRequest): PublishRefusal | null {
    if (!isTopicName(topic)) return 'badTopic';
    if (priority !== Priority.system && priority !== Priority.internal && priority !== Priority.client)
      return 'badPriority';
    if (payload.length > (isReliable ? PAYLOAD_BYTES_MAX : TRANSIENT_BYTES_MAX)) return 'tooLarge';
    // What keeps the mesh working is stored as long as the disk takes it.
    if (!isReliable || priority === Priority.system) return null;
    const isBusy = this.#unflushedBytes > UNFLUSHED_BYTES_MAX;
    return isBusy || !this.#context.hasRoom(topic, payload.length) ? 'noRoom' : null;
  }
}
