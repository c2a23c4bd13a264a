import { TrafficClass } from '@peermesh/link';
import type { DataCounters } from './counters.ts';
import type { EventLog, MeshSender } from './ports.ts';
import { encodeMessage } from './wire/codec.ts';
import type { AckMessage, RecordsMessage } from './wire/message.ts';

const ACK_OPTIONS = { isReliable: true, trafficClass: TrafficClass.priority };

/** What {@link Receiver} needs. */
export interface ReceiverContext {
  readonly log: EventLog;
  readonly sender: MeshSender;
  readonly counters: DataCounters;
  readonly hasRoom: (topic: string, bytes: number) => boolean;
}

/** Takes other nodes' records into the log, each once and none out of turn, and acknowledges what is durable. */
export class Receiver {
  readonly #context: ReceiverContext;
  /** Acknowledgements that are to be sent, the newest of each node and topic. */
  readonly #acks = new Map<string, { readonly node: number; readonly ack: AckMessage }>();
  #isScheduled = false;

  constructor(context: ReceiverContext) {
    this.#context = context;
  }

  received(node: number, { topic, previous, isBase, records }: RecordsMessage): void {
    const { log, counters, hasRoom } = this.#context;
    const mark = log.highWater(topic, node);
    if (previous > mark && !isBase) {
      counters.add('refused-gap', topic);
      return this.#acknowledge(node, { kind: 'ack', topic, mark, isRefusal: true });
    }
    const bytes = records.reduce((sum, { payload }) => sum + payload.length, 0);
    // Without an answer the sender keeps the records and tries again.
    if (!hasRoom(topic, bytes)) return counters.add('refused-no-room', topic, records.length);
    const last = Math.max(mark, records.at(-1)?.seq ?? 0);
    const appends = records.map(({ seq, timeMs, priority, payload }) => ({
      topic,
      origin: node,
      originSeq: seq,
      timeMs,
      priority,
      payload,
    }));
    log.append(appends).then(
      (offsets) => {
        const stored = offsets.filter((offset) => offset !== null).length;
        counters.add('stored-remote', topic, stored);
        counters.add('duplicate', topic, offsets.length - stored);
        this.#acknowledge(node, { kind: 'ack', topic, mark: last, isRefusal: false });
      },
      // The volume says by itself that it has failed; what is not acknowledged stays with its origin.
      () => undefined,
    );
  }

  /** Sends acknowledgements that the mesh did not take before. */
  tick(): void {
    this.#isScheduled = false;
    for (const [key, { node, ack }] of this.#acks)
      if (this.#context.sender.send(node, ACK_OPTIONS, encodeMessage(ack)) === 'accepted') this.#acks.delete(key);
  }

  /** The node is no member any more. */
  forget(node: number): void {
    for (const [key, { node: to }] of this.#acks) if (to === node) this.#acks.delete(key);
  }

  #acknowledge(node: number, ack: AckMessage): void {
    const key = `${node}/${ack.topic}`;
    const waiting = this.#acks.get(key)?.ack;
    if (waiting !== undefined && waiting.mark > ack.mark) return;
    this.#acks.set(key, { node, ack });
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => this.tick());
  }
}
