import type { StorageError } from '@peermesh/consensus';
import { commonErrors, meshErrors, type PeerMeshError } from '@peermesh/errors';
import { type DataNode, type Delivery, Priority, type PublishOutcome, SubscriptionEnd } from '../data/index.ts';
import type { Topics } from '../ports.ts';

/** What {@link NodeTopics} tells of what was stored. */
export interface StoredBatch {
  readonly tenantId: string;
  readonly topic: string;
  readonly firstOffset: number;
  readonly messages: number;
  readonly bytes: number;
}

const READ_BYTES_MAX = 4 * 1024 * 1024;
/** A reader without room gets at most so many more. */
const TAKE_MAX = 8;
const RETRY_SECONDS = 1;

/** Topics of all tenants in the log of one node: a topic is stored under the name of its tenant. */
export class NodeTopics implements Topics {
  readonly #data: DataNode;
  readonly #self: () => number;
  readonly #hasDisk: () => boolean;
  readonly #onStored: (batch: StoredBatch) => void;

  constructor(options: {
    readonly data: DataNode;
    /** Short id of this node; 0 while it is no member. */
    readonly self: () => number;
    /** Whether this node still stores anything. */
    readonly hasDisk: () => boolean;
    readonly onStored: (batch: StoredBatch) => void;
  }) {
    this.#data = options.data;
    this.#self = options.self;
    this.#hasDisk = options.hasDisk;
    this.#onStored = options.onStored;
  }

  async publish(
    where: Parameters<Topics['publish']>[0],
    { delivery, priority, messages }: Parameters<Topics['publish']>[1],
  ): ReturnType<Topics['publish']> {
    this.#assertMember();
    const topic = nameOf(where);
    const isReliable = delivery === 'reliable';
    if (isReliable && !this.#hasDisk()) throw meshErrors.storageFailed();
    const requests = messages.map(({ payload }) => ({ topic, payload, priority: Priority[priority], isReliable }));
    const outcomes = await this.#data.publish(requests).catch((cause: unknown) => {
      throw meshErrors.storageFailed({ cause });
    });
    const accepted = outcomes.filter(({ status }) => status !== 'refused').length;
    if (accepted === 0) throw refusalOf(outcomes);
    const stored = outcomes.flatMap((outcome) => (outcome.status === 'stored' ? [outcome.offset] : []));
    const firstOffset = stored[0] ?? null;
    if (firstOffset !== null) {
      const bytes = messages.reduce((sum, { payload }) => sum + payload.length, 0);
      this.#onStored({ ...where, firstOffset, messages: stored.length, bytes });
    }
    return { accepted, firstOffset };
  }

  async read(where: Parameters<Topics['read']>[0], from: number, limit: number): ReturnType<Topics['read']> {
    this.#assertMember();
    const { records, range } = this.#read(nameOf(where), from, READ_BYTES_MAX);
    const shown = records.slice(0, limit);
    return {
      records: shown.map((record) => this.#recordOf({ kind: 'stored', record })),
      nextOffset: (shown.at(-1)?.offset ?? Math.max(from, range.first) - 1) + 1,
      firstOffset: range.first,
      endOffset: range.next,
    };
  }

  subscribe(
    where: Parameters<Topics['subscribe']>[0],
    from: Parameters<Topics['subscribe']>[1],
    onRecord: Parameters<Topics['subscribe']>[2],
    onClosed: Parameters<Topics['subscribe']>[3],
  ): ReturnType<Topics['subscribe']> {
    this.#assertMember();
    const topic = nameOf(where);
    if (typeof from === 'number') this.#read(topic, from, 1);
    let hasRoom = false;
    const pump = (): void => {
      while (hasRoom) {
        const taken = subscription.take(TAKE_MAX);
        if (taken.length === 0) return;
        for (const delivery of taken) hasRoom = onRecord(this.#recordOf(delivery)) && hasRoom;
      }
    };
    const subscription = this.#data.subscribe({
      topic,
      from: typeof from === 'number' ? { offset: from } : from,
      name: null,
      onReadable: () => pump(),
      onClosed: (reason) => {
        hasRoom = false;
        if (reason !== SubscriptionEnd.closed) onClosed(endOf(reason));
      },
    });
    return {
      resume: () => {
        hasRoom = !subscription.isClosed;
        pump();
      },
      close: () => this.#data.unsubscribe(subscription),
    };
  }

  /** @throws PM_MESH_OFFSET_GONE, PM_MESH_RECORD_DAMAGED */
  #read(topic: string, from: number, bytesMax: number): ReturnType<DataNode['read']> {
    const read = this.#readUndamaged(topic, from, bytesMax);
    const { first } = read.range;
    if (from > 0 && from < first) throw meshErrors.offsetGone({ meta: { firstOffset: first } });
    return read;
  }

  #readUndamaged(topic: string, from: number, bytesMax: number): ReturnType<DataNode['read']> {
    try {
      return this.#data.read(topic, from, bytesMax);
    } catch (cause) {
      const { name, fault, message } = cause as StorageError;
      if (name === 'StorageError' && fault === 'corrupt') throw meshErrors.recordDamaged({ detail: message, cause });
      throw cause;
    }
  }

  #assertMember(): void {
    if (this.#self() === 0) throw meshErrors.notMember();
  }

  #recordOf({ kind, record }: Delivery): Parameters<Parameters<Topics['subscribe']>[2]>[0] {
    const { origin, timeMs, payload } = record;
    return {
      offset: kind === 'stored' ? record.offset : null,
      origin: origin === 0 ? this.#self() : origin,
      publishedAtMs: timeMs,
      payload,
    };
  }
}

function nameOf({ tenantId, topic }: { readonly tenantId: string; readonly topic: string }): string {
  return `${tenantId}/${topic}`;
}

/** Why the node ended a subscription, as its reader hears it. */
function endOf(reason: string): PeerMeshError {
  if (reason === SubscriptionEnd.stopping)
    return commonErrors.unavailable({
      detail: 'The node is being stopped. Subscribe again, from the offset after the last one.',
      retryAfterSeconds: RETRY_SECONDS,
    });
  const isReplaced = reason === SubscriptionEnd.takenOver || reason === SubscriptionEnd.unsubscribed;
  return isReplaced ? commonErrors.conflict({ detail: reason }) : meshErrors.recordDamaged({ detail: reason });
}

function refusalOf(outcomes: readonly PublishOutcome[]): Error {
  const isFull = outcomes.some((outcome) => outcome.status === 'refused' && outcome.reason === 'noRoom');
  return isFull ? meshErrors.busy({ retryAfterSeconds: RETRY_SECONDS }) : meshErrors.refused();
}
