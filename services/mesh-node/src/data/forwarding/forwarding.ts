import type { AckMessage } from '../wire/message.ts';
import { Forwarder, type ForwarderContext } from './forwarder.ts';

type Forwarders<Key> = Map<Key, Forwarder>;

/** Which topic goes to which nodes, found in O(1), and how far each of them is. */
export class Forwarding {
  readonly #context: ForwarderContext;
  readonly #byTopic = new Map<string, Forwarders<number>>();
  readonly #byNode = new Map<number, Forwarders<string>>();
  readonly #ready = new Set<Forwarder>();
  /** Those that wait for an acknowledgement or for the mesh. */
  readonly #watched = new Set<Forwarder>();

  /** Goes on with everything that was being forwarded when the node was last running. */
  constructor(context: ForwarderContext) {
    this.#context = context;
    for (const [name] of context.cursors.all('forward/')) {
      const [, node = '', ...topic] = name.split('/');
      this.#begin(topic.join('/'), Number(node));
    }
  }

  /** The nodes that a topic goes to. */
  to(topic: string): Iterable<number> {
    return this.#byTopic.get(topic)?.keys() ?? [];
  }

  /** The nodes that something is kept for. */
  nodes(): number[] {
    return [...this.#byNode.keys()];
  }

  *all(): Iterable<Forwarder> {
    for (const topics of this.#byNode.values()) yield* topics.values();
  }

  /** Begins and ends what has to, so that exactly these topics go to a node. @returns whether anything has changed */
  setTopics(node: number, topics: ReadonlySet<string>): boolean {
    const current = this.#byNode.get(node) ?? new Map<string, Forwarder>();
    const ended = [...current.keys()].filter((topic) => !topics.has(topic));
    const begun = [...topics].filter((topic) => !current.has(topic));
    for (const topic of ended) this.#end(topic, node);
    for (const topic of begun) this.#begin(topic, node);
    return ended.length + begun.length > 0;
  }

  reconnected(node: number): void {
    for (const one of this.#byNode.get(node)?.values() ?? []) {
      one.reconnected();
      this.#ready.add(one);
    }
  }

  acknowledged(node: number, ack: AckMessage, nowMs: number): void {
    const forwarder = this.#byTopic.get(ack.topic)?.get(node);
    if (forwarder === undefined) return;
    forwarder.acknowledged(ack, nowMs);
    this.#ready.add(forwarder);
  }

  /** Topics have new records. */
  changed(topics: Iterable<string>): void {
    for (const topic of topics) for (const one of this.#byTopic.get(topic)?.values() ?? []) this.#ready.add(one);
  }

  /** Lets everybody try again who waits. */
  tick(nowMs: number): void {
    for (const one of this.#watched) this.#ready.add(one);
    this.pump(nowMs);
  }

  /** Sends what can be sent. */
  pump(nowMs: number): void {
    for (const one of this.#ready) {
      this.#ready.delete(one);
      if (one.pump(nowMs) === 'idle') this.#watched.delete(one);
      else this.#watched.add(one);
    }
  }

  /** From where on a topic is needed by somebody; Infinity when by nobody. */
  neededFrom(topic: string): number {
    let from = Number.POSITIVE_INFINITY;
    for (const one of this.#byTopic.get(topic)?.values() ?? []) from = Math.min(from, one.neededFrom);
    return from;
  }

  #begin(topic: string, node: number): void {
    const forwarder = new Forwarder(this.#context, topic, node);
    put(this.#byTopic, topic, node, forwarder);
    put(this.#byNode, node, topic, forwarder);
    this.#ready.add(forwarder);
  }

  #end(topic: string, node: number): void {
    const forwarder = this.#byTopic.get(topic)?.get(node);
    if (forwarder === undefined) return;
    forwarder.end();
    this.#ready.delete(forwarder);
    this.#watched.delete(forwarder);
    take(this.#byTopic, topic, node);
    take(this.#byNode, node, topic);
  }
}

function put<A, B>(table: Map<A, Forwarders<B>>, one: A, other: B, forwarder: Forwarder): void {
  const row = table.get(one);
  if (row === undefined) table.set(one, new Map([[other, forwarder]]));
  else row.set(other, forwarder);
}

function take<A, B>(table: Map<A, Forwarders<B>>, one: A, other: B): void {
  const row = table.get(one);
  row?.delete(other);
  if (row?.size === 0) table.delete(one);
}
