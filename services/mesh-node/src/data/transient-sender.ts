import { BoundedQueue, DEFAULT_QUEUE, type QueueLimits } from './bounded-queue.ts';
import type { DataCounters } from './counters.ts';
import type { MeshSender, Priority } from './ports.ts';
import { trafficClassOf } from './traffic-class.ts';

interface Outgoing {
  readonly topic: string;
  readonly priority: Priority;
  readonly bytes: Uint8Array;
}

/** Sends what is in no log, straight out; a bounded queue for each node holds what the mesh does not take at the moment. */
export class TransientSender {
  readonly #sender: MeshSender;
  readonly #counters: DataCounters;
  readonly #limits: QueueLimits;
  readonly #queues = new Map<number, BoundedQueue<Outgoing>>();

  constructor(sender: MeshSender, counters: DataCounters, limits: Partial<QueueLimits> = {}) {
    this.#sender = sender;
    this.#counters = counters;
    this.#limits = { ...DEFAULT_QUEUE, ...limits };
  }

  /** Tells once, at once or later, whether the message is on its way or waits for it. */
  send(node: number, message: Outgoing, nowMs: number, settled: (isQueued: boolean) => void): void {
    const queue = this.#queues.get(node);
    if (queue === undefined && this.#hand(node, message)) return settled(true);
    this.#queueOf(node).offer(message, nowMs, settled);
  }

  /** Messages that wait for a node. */
  waiting(node: number): number {
    return this.#queues.get(node)?.size ?? 0;
  }

  /** Tries again what waits. */
  tick(nowMs: number): void {
    for (const [node, queue] of this.#queues) {
      for (let next = queue.peek(); next !== undefined && this.#hand(node, next); next = queue.peek()) queue.take(1);
      queue.tick(nowMs);
      if (queue.size === 0) this.#queues.delete(node);
    }
  }

  /** The node is no member any more. */
  forget(node: number): void {
    this.#queues.get(node)?.close();
    this.#queues.delete(node);
  }

  #queueOf(node: number): BoundedQueue<Outgoing> {
    const known = this.#queues.get(node);
    if (known !== undefined) return known;
    const queue = new BoundedQueue<Outgoing>(this.#limits, ({ topic }, which) => this.#counters.add(which, topic));
    this.#queues.set(node, queue);
    return queue;
  }

  #hand(node: number, { priority, bytes }: Outgoing): boolean {
    const options = { isReliable: false, trafficClass: trafficClassOf(priority) };
    return this.#sender.send(node, options, bytes) === 'accepted';
  }
}
