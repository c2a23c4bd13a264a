import type { QueueLimits } from './bounded-queue.ts';
import { DataCounters } from './counters.ts';
import { Forwarding } from './forwarding/forwarding.ts';
import { InterestExchange } from './interest/interest-exchange.ts';
import { LocalInterests } from './interest/local-interests.ts';
import type { CursorStore, EventLog, MeshSender, TopicRange, TopicRecord } from './ports.ts';
import { Publisher, type PublishOutcome, type PublishRequest } from './publisher.ts';
import { Receiver } from './receiver.ts';
import type { Subscription } from './subscription/subscription.ts';
import { type SubscribeRequest, SubscriptionEnd, Subscriptions } from './subscription/subscriptions.ts';
import { isTopicName } from './topic-name.ts';
import { TransientSender } from './transient-sender.ts';
import { decodeMessage } from './wire/codec.ts';
import { type DataMessage, PAYLOAD_BYTES_MAX } from './wire/message.ts';

/** What a {@link DataNode} works with. */
export interface DataNodeOptions {
  readonly log: EventLog;
  readonly cursors: CursorStore;
  readonly sender: MeshSender;
  /** Whether a topic may take this many bytes more. */
  readonly hasRoom: (topic: string, bytes: number) => boolean;
  /** Rises with every start of the node. */
  readonly bootEpoch: number;
  /** Unix time, for records. */
  readonly wallMs: () => number;
  /** Of what is in no log and waits for a node. */
  readonly queue?: Partial<QueueLimits>;
}

/** Positions are written at most this often; a crash brings older ones back, and records that were sent come again. */
const FLUSH_MS = 500;
/** What is kept for a node goes when it is on no list of members this long after the start. */
const UNSEEN_MS = 600_000;

/**
 * The data of a node: publishing, subscribing, reading, and the exchange with other nodes. Stored records go into this node's
 * log first and from there to every node that wants their topic; the log of each of them has each record once.
 */
export class DataNode {
  readonly counters = new DataCounters();
  readonly #log: EventLog;
  readonly #cursors: CursorStore;
  readonly #interests: LocalInterests;
  readonly #subscriptions: Subscriptions;
  readonly #forwarding: Forwarding;
  readonly #transient: TransientSender;
  readonly #exchange: InterestExchange;
  readonly #receiver: Receiver;
  readonly #publisher: Publisher;
  #nowMs = 0;
  #flushAtMs = 0;
  #flushed: Promise<void> = Promise.resolve();
  #members: ReadonlySet<number> = new Set();
  #seen: ReadonlySet<number> = new Set();
  #unseenUntilMs: number | null = null;
  #entering: string | null = null;

  /** @throws StorageError when what the node left cannot be read */
  constructor({ log, cursors, sender, hasRoom, bootEpoch, wallMs, queue }: DataNodeOptions) {
    const { counters } = this;
    this.#log = log;
    this.#cursors = cursors;
    this.#interests = new LocalInterests(bootEpoch);
    this.#subscriptions = new Subscriptions(log, cursors, this.#interests, counters);
    this.#forwarding = new Forwarding({ log, cursors, sender, counters });
    this.#transient = new TransientSender(sender, counters, queue);
    this.#exchange = new InterestExchange(this.#interests, sender, counters, (node, topics) =>
      this.#wanted(node, topics),
    );
    this.#receiver = new Receiver({ log, sender, counters, hasRoom });
    this.#publisher = new Publisher({
      log,
      counters,
      hasRoom,
      wallMs,
      subscriptions: this.#subscriptions,
      nodesOf: (topic) => this.#forwarding.to(topic),
      transient: this.#transient,
    });
    log.onDurable((topics) => {
      this.#forwarding.changed(topics);
      this.#forwarding.pump(this.#nowMs);
      this.#subscriptions.changed(topics);
    });
  }

  /** Publishes in order. Stored ones are durable on this node when it resolves, and on their way to whoever wants them. */
  publish(requests: readonly PublishRequest[]): Promise<PublishOutcome[]> {
    return this.#publisher.publish(requests, this.#nowMs);
  }

  /** @throws RangeError for a topic or name that is none */
  subscribe(request: SubscribeRequest): Subscription {
    if (!isTopicName(request.topic)) throw new RangeError('not the name of a topic');
    return this.#subscriptions.subscribe(request);
  }

  /** Acknowledges everything that was taken up to an offset; a durable subscription goes on behind it. */
  ack(subscription: Subscription, offset: number): void {
    this.#subscriptions.ack(subscription, offset);
  }

  /** The subscriber goes; the place of a durable subscription is kept. */
  unsubscribe(subscription: Subscription): void {
    this.#subscriptions.close(subscription, SubscriptionEnd.closed);
  }

  /** Ends a durable subscription. @returns whether there was one */
  forget(name: string, topic: string): boolean {
    return this.#subscriptions.forget(name, topic);
  }

  /** @throws StorageError `corrupt`, naming the offset */
  read(topic: string, from: number, bytesMax: number): { readonly records: TopicRecord[]; readonly range: TopicRange } {
    const records = this.#log.read(topic, from, Math.min(bytesMax, PAYLOAD_BYTES_MAX));
    return { records, range: this.#log.range(topic) };
  }

  /**
   * All other members of a mesh, as its control group has them, whether they can be reached or not. A list may be behind, as
   * it is after a start: only who was on one and is on it no more has left. In another mesh than before short ids stand for
   * other nodes: what was known of the former ones is forgotten before anything is taken.
   * @param mesh id of the mesh; nothing happens while it is not known, which is empty
   */
  setMembers(nodes: Iterable<number>, mesh: string): void {
    if (mesh === '') return;
    const members = new Set(nodes);
    this.#members = members;
    if (mesh === this.#log.mesh) return this.#setMembers(members);
    if (mesh === this.#entering) return;
    for (const node of this.#forwarding.nodes()) this.#forget(node);
    this.#setMembers(new Set());
    this.#entering = mesh;
    this.#cursors
      .flush()
      .then(() => this.#log.enterMesh(mesh))
      .then(
        () => {
          if (this.#entering !== mesh) return;
          this.#entering = null;
          this.#setMembers(this.#members);
        },
        // The volume says by itself that it has failed; nobody is listened to until then.
        () => undefined,
      );
  }

  /** A member can be reached again, or was started anew. */
  reconnected(node: number, nowMs: number): void {
    this.#nowMs = nowMs;
    this.#exchange.remind(node);
    this.#forwarding.reconnected(node);
    this.#forwarding.pump(nowMs);
  }

  /** A message of a member; what it is, it is from that node. Never throws. */
  received(node: number, bytes: Uint8Array, nowMs: number): void {
    this.#nowMs = nowMs;
    const message = decodeMessage(bytes);
    if (typeof message === 'string') return this.counters.add('refused-message', message);
    if (!this.#exchange.has(node)) return this.counters.add('refused-message', 'stranger');
    this.#handle(node, message);
  }

  /** To be called every 100 ms or so. */
  tick(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#exchange.tick(nowMs);
    this.#receiver.tick();
    this.#transient.tick(nowMs);
    this.#forwarding.tick(nowMs);
    this.#subscriptions.tick(nowMs);
    if (nowMs < this.#flushAtMs) return;
    this.#flushAtMs = nowMs + FLUSH_MS;
    this.#forgetUnseen(nowMs);
    this.#flush();
  }

  /** From where on a topic is needed by somebody, here or elsewhere; Infinity when by nobody. */
  neededFrom(topic: string): number {
    return Math.min(this.#forwarding.neededFrom(topic), this.#subscriptions.neededFrom(topic));
  }

  /** What is still to be acknowledged, by topic and node. */
  *lags(): Iterable<{ readonly topic: string; readonly node: number; readonly records: number }> {
    for (const one of this.#forwarding.all()) yield { topic: one.topic, node: one.node, records: one.lag };
  }

  /** Ends all subscriptions and writes positions. */
  async close(): Promise<void> {
    this.#subscriptions.closeAll(SubscriptionEnd.stopping);
    this.#flush();
    await this.#flushed;
  }

  #handle(node: number, message: DataMessage): void {
    switch (message.kind) {
      case 'records':
        if (this.#isWanted(node, message.topic)) this.#receiver.received(node, message);
        break;
      case 'transient':
        if (this.#isWanted(node, message.topic)) this.#publisher.deliver(node, message, this.#nowMs);
        break;
      case 'ack':
        this.#forwarding.acknowledged(node, message, this.#nowMs);
        this.#forwarding.pump(this.#nowMs);
        break;
      case 'interest-request':
        this.#exchange.requested(node, this.#nowMs);
        break;
      case 'interest-delta':
      case 'interest-digest':
      case 'interest-set':
        this.#exchange.received(node, message, this.#nowMs);
        break;
    }
  }

  #isWanted(node: number, topic: string): boolean {
    if (this.#interests.has(topic)) return true;
    this.counters.add('unwanted', topic);
    this.#exchange.remind(node);
    return false;
  }

  #wanted(node: number, topics: ReadonlySet<string>): void {
    if (!this.#forwarding.setTopics(node, topics)) return;
    // Where it began must survive a crash: what is published from now on is for that node, too.
    this.#flush();
    this.#forwarding.pump(this.#nowMs);
  }

  #setMembers(members: ReadonlySet<number>): void {
    for (const node of this.#seen) if (!members.has(node)) this.#forget(node);
    this.#seen = members;
    this.#exchange.setNodes(members);
  }

  /** Whoever is on no list long after the start has left while this node was not running. */
  #forgetUnseen(nowMs: number): void {
    this.#unseenUntilMs ??= nowMs + UNSEEN_MS;
    if (nowMs < this.#unseenUntilMs || this.#seen.size === 0) return;
    for (const node of this.#forwarding.nodes()) if (!this.#seen.has(node)) this.#forget(node);
  }

  #forget(node: number): void {
    this.#forwarding.setTopics(node, new Set());
    this.#transient.forget(node);
    this.#receiver.forget(node);
  }

  #flush(): void {
    // A volume that has failed says so itself, and no position is lost that was durable.
    this.#flushed = this.#cursors.flush().catch(() => undefined);
  }
}
