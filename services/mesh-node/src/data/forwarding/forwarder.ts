import type { StorageError } from '@peermesh/consensus';
import type { DataCounters } from '../counters.ts';
import type { CursorStore, EventLog, MeshSender, Priority, TopicRecord } from '../ports.ts';
import { trafficClassOf } from '../traffic-class.ts';
import { encodeMessage } from '../wire/codec.ts';
import { type AckMessage, RECORDS_MAX } from '../wire/message.ts';

/** Payload bytes of one message; a larger record goes alone. */
const BATCH_BYTES = 24 * 1024;
/** Bytes on their way to one node for one topic. */
const WINDOW_BYTES = 512 * 1024;
/** Everything behind the last acknowledgement is sent again after this, then after twice as long, to the maximum. */
const RETRY_MS = 1_000;
const RETRY_MS_MAX = 30_000;
/** The same when the receiver has said that something is missing, which may be on its way on another path. */
const REFUSED_RETRY_MS = 100;
/** Bytes that a record takes besides its payload. */
const RECORD_BYTES = 21;

interface Sent {
  readonly lastSeq: number;
  readonly bytes: number;
}

/** What forwarders share. */
export interface ForwarderContext {
  readonly log: EventLog;
  readonly cursors: CursorStore;
  readonly sender: MeshSender;
  readonly counters: DataCounters;
}

/** Nothing is to do until there are new records; or an acknowledgement is awaited; or the mesh takes nothing. */
export type PumpState = 'idle' | 'waiting' | 'blocked';

/** The name of the cursor of a topic and a node. */
export function forwardCursor(topic: string, node: number): string {
  return `forward/${node}/${topic}`;
}

/**
 * Sends this node's own records of one topic to one node that wants them, out of the log, and goes on after a restart from
 * what that node has acknowledged. A message names the record before it, and the receiver takes none out of turn; only when
 * all before it is acknowledged does it say that it may be taken whatever the receiver has. So a message that overtakes
 * another is sent again, and is not taken for all that there is.
 */
export class Forwarder {
  readonly topic: string;
  readonly node: number;
  readonly #context: ForwarderContext;
  readonly #underWay: Sent[] = [];
  #bytesUnderWay = 0;
  /** Nothing up to this offset has to be sent any more. */
  #acked: number;
  #sent: number;
  /** Offset of the next record to look at. */
  #next: number;
  #priority: Priority | null = null;
  #isRefused = false;
  #retryMs = RETRY_MS;
  #retryAtMs = Number.POSITIVE_INFINITY;

  /** Goes on where the node has acknowledged, or begins behind the newest accepted record when there is nothing of it. */
  constructor(context: ForwarderContext, topic: string, node: number) {
    this.#context = context;
    this.topic = topic;
    this.node = node;
    const known = context.cursors.get(forwardCursor(topic, node));
    this.#acked = this.#sent = known ?? context.log.highWater(topic, 0);
    this.#next = this.#acked + 1;
    if (known === null) this.#keep(this.#acked);
  }

  /** Records from here on are needed. */
  get neededFrom(): number {
    return this.#acked + 1;
  }

  /** Records of the log that are not acknowledged and not passed over. */
  get lag(): number {
    return Math.max(0, this.#context.log.range(this.topic).next - 1 - this.#acked);
  }

  /** Sends what the window allows. */
  pump(nowMs: number): PumpState {
    if (nowMs >= this.#retryAtMs) this.#retry();
    for (;;) {
      const { next, first } = this.#context.log.range(this.topic);
      if (this.#next < first && first < next) this.#skipTo(first);
      if (this.#next >= next) return this.#underWay.length === 0 ? 'idle' : 'waiting';
      if (this.#bytesUnderWay >= WINDOW_BYTES) return 'waiting';
      const read = this.#read();
      const own = ownBatchOf(read);
      const [head] = own;
      if (head === undefined) {
        this.#passOver((read.at(-1)?.offset ?? this.#next) + 1);
        continue;
      }
      // Classes overtake each other: the next one begins when the former has arrived.
      if (head.priority !== this.#priority && this.#underWay.length > 0) return 'waiting';
      if (!this.#send(own, head.priority, nowMs)) return 'blocked';
    }
  }

  /** The node has everything up to a mark, or lacks what is behind it. */
  acknowledged({ mark, isRefusal }: AckMessage, nowMs: number): void {
    if (mark > this.#context.log.highWater(this.topic, 0)) return;
    if (isRefusal && this.#underWay.length > 0) {
      this.#isRefused = true;
      this.#retryAtMs = Math.min(this.#retryAtMs, nowMs + REFUSED_RETRY_MS);
    }
    if (mark <= this.#acked) return;
    this.#keep(mark);
    this.#retryMs = RETRY_MS;
    this.#retryAtMs = nowMs + RETRY_MS;
    while (this.#underWay[0] !== undefined && this.#underWay[0].lastSeq <= mark)
      this.#bytesUnderWay -= this.#underWay.shift()?.bytes ?? 0;
    if (this.#underWay.length === 0 || this.#sent < mark) this.#rewind();
    else if (this.#isRefused) this.#rewind();
  }

  /** The node has come back: what was on its way may be gone. */
  reconnected(): void {
    this.#retryMs = RETRY_MS;
    if (this.#underWay.length > 0) this.#rewind();
  }

  /** Nothing more is to be sent; what was acknowledged is forgotten. */
  end(): void {
    this.#context.cursors.set(forwardCursor(this.topic, this.node), null);
  }

  #read(): TopicRecord[] {
    try {
      return this.#context.log.read(this.topic, this.#next, BATCH_BYTES);
    } catch (error) {
      const { name, fault, index } = error as StorageError;
      if (name !== 'StorageError' || fault !== 'corrupt') throw error;
      this.#context.counters.add('lost-corrupt', this.topic);
      this.#next = Math.max(this.#next, index);
      return [];
    }
  }

  #send(own: readonly TopicRecord[], priority: Priority, nowMs: number): boolean {
    const { sender, counters } = this.#context;
    const bytes = encodeMessage({
      kind: 'records',
      topic: this.topic,
      previous: this.#sent,
      isBase: this.#underWay.length === 0,
      records: own.map(({ originSeq: seq, timeMs, payload }) => ({ seq, timeMs, priority, payload })),
    });
    const options = { isReliable: true, trafficClass: trafficClassOf(priority) };
    if (sender.send(this.node, options, bytes) === 'wouldBlock') return false;
    const lastSeq = own.at(-1)?.originSeq ?? this.#sent;
    counters.add('forwarded', this.topic, own.length);
    this.#underWay.push({ lastSeq, bytes: bytes.length });
    this.#bytesUnderWay += bytes.length;
    this.#sent = lastSeq;
    this.#next = lastSeq + 1;
    this.#priority = priority;
    if (this.#retryAtMs === Number.POSITIVE_INFINITY) this.#retryAtMs = nowMs + this.#retryMs;
    return true;
  }

  /** Others' records are not sent; when nothing is under way they need not be kept for this node either. */
  #passOver(to: number): void {
    this.#next = to;
    if (this.#underWay.length > 0) return;
    this.#sent = to - 1;
    this.#keep(to - 1);
  }

  /** Records that were to be sent are in the log no more. */
  #skipTo(first: number): void {
    this.#context.counters.add('lost-expired', this.topic, first - this.#next);
    this.#keep(first - 1);
    this.#rewind();
  }

  #retry(): void {
    this.#context.counters.add('resent', this.topic, this.#underWay.length);
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS_MAX);
    this.#rewind();
  }

  #rewind(): void {
    this.#underWay.length = 0;
    this.#bytesUnderWay = 0;
    this.#isRefused = false;
    // With everything acknowledged, what was passed over since is done as well.
    if (this.#sent <= this.#acked) this.#keep(Math.max(this.#acked, this.#next - 1));
    this.#next = this.#acked + 1;
    this.#sent = this.#acked;
    this.#retryAtMs = Number.POSITIVE_INFINITY;
  }

  #keep(acked: number): void {
    this.#acked = acked;
    this.#context.cursors.set(forwardCursor(this.topic, this.node), acked);
  }
}

/** The first own records that make one message: of one priority, and not too large. */
function ownBatchOf(read: readonly TopicRecord[]): TopicRecord[] {
  const own: TopicRecord[] = [];
  let bytes = 0;
  for (const record of read) {
    if (record.origin !== 0) continue;
    bytes += record.payload.length + RECORD_BYTES;
    const isFull = own.length === RECORDS_MAX || bytes > BATCH_BYTES;
    if (own.length > 0 && (isFull || record.priority !== own[0]?.priority)) break;
    own.push(record);
  }
  return own;
}
