import type { EventLog, TopicAppend, TopicRange, TopicRecord } from '../data/ports.ts';
import { corrupt, KEY_BYTES, keyOf } from './record.ts';
import { decodeTopicRecord, encodeTopicRecord, type PlacedRecord, sizeOfPayload } from './topic-record.ts';
import { type Topic, TopicTable } from './topic-table.ts';
import type { Volume } from './volume.ts';
import type { Table, Writes } from './writes.ts';

interface Pending {
  readonly topic: Topic;
  readonly record: PlacedRecord;
}

/** Records that one write removes: others do not wait long for theirs. */
const SWEEP_MAX = 4096;

/**
 * The logs of all topics in a volume. What is appended in the same moment, to whatever topics, is one durable write, together
 * with the marks by which a record that comes twice is known: so it is in the log once, whatever crashes when.
 */
export class TopicLog implements EventLog {
  readonly #volume: Volume;
  readonly #table: TopicTable;
  readonly #records: Table;
  readonly #key = Buffer.alloc(KEY_BYTES);
  readonly #listeners: ((topics: ReadonlySet<string>) => void)[] = [];
  #pending: Pending[] = [];
  #flush: Promise<void> | null = null;

  /** @throws StorageError `corrupt` naming what is damaged of what is looked at: topics, and the newest record of each */
  constructor(volume: Volume) {
    this.#volume = volume;
    this.#table = new TopicTable(volume);
    this.#records = this.#table.records;
  }

  get hasRoom(): boolean {
    return !this.#volume.isLow && this.#volume.failure === null;
  }

  append(records: readonly TopicAppend[]): Promise<readonly (number | null)[]> {
    if (this.#volume.failure !== null) return Promise.reject(this.#volume.failure);
    const offsets = records.map((record) => this.#accept(record));
    return this.#flushed().then(() => offsets);
  }

  read(name: string, from: number, bytesMax: number): TopicRecord[] {
    const topic = this.#table.get(name);
    const found: TopicRecord[] = [];
    if (topic === undefined) return found;
    let bytes = 0;
    for (let offset = Math.max(from, topic.first); offset < topic.durableNext && bytes < bytesMax; offset += 1) {
      let record: PlacedRecord;
      try {
        record = this.#mustRead(topic, offset);
      } catch (error) {
        // Those before the damaged one are good; it is the first of the next read.
        if (found.length > 0) break;
        throw error;
      }
      bytes += record.payload.length;
      if (bytes > bytesMax && found.length > 0) break;
      found.push(record);
    }
    return found;
  }

  range(name: string): TopicRange {
    const topic = this.#table.get(name);
    return topic === undefined ? { first: 1, next: 1 } : { first: topic.first, next: topic.durableNext };
  }

  highWater(name: string, origin: number): number {
    const topic = this.#table.get(name);
    if (topic === undefined) return 0;
    return origin === 0 ? topic.next - 1 : this.#table.mark(topic, origin);
  }

  get mesh(): string | null {
    return this.#table.mesh;
  }

  enterMesh(mesh: string): Promise<void> {
    return this.#volume.commit((writes) => this.#table.enterMesh(writes, mesh));
  }

  topics(): Iterable<string> {
    return this.#table.names();
  }

  onDurable(listener: (topics: ReadonlySet<string>) => void): void {
    this.#listeners.push(listener);
  }

  /** Bytes that a topic takes, from its first to its newest durable record. */
  bytesOf(name: string): number {
    const topic = this.#table.get(name);
    if (topic === undefined) return 0;
    topic.firstPosition ??= this.#recordAt(topic, topic.first)?.position ?? null;
    return topic.firstPosition === null ? 0 : topic.position - topic.firstPosition;
  }

  /**
   * The first offset for which something holds that, once it holds, does so for all behind: found in O(log n) reads.
   * @returns the next offset when it holds for none
   */
  firstWhere(name: string, holds: (record: PlacedRecord) => boolean): number {
    const topic = this.#table.get(name);
    if (topic === undefined) return 1;
    let low = topic.first;
    let high = topic.durableNext;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const record = this.#recordAt(topic, middle);
      if (record !== undefined && holds(record)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Position in bytes behind the newest record of a topic, counted from its first one ever. */
  endPosition(name: string): number {
    return this.#table.get(name)?.position ?? 0;
  }

  /** Forgets records below an offset; a crash may bring some of them back. Resolves when it is done. */
  async trim(name: string, to: number): Promise<void> {
    const topic = this.#table.get(name);
    if (topic === undefined) return;
    topic.first = Math.max(topic.first, Math.min(to, topic.durableNext));
    topic.firstPosition = null;
    while (topic.sweptTo < topic.first) await this.#volume.commit((writes) => this.#sweep(writes, topic));
  }

  #accept(append: TopicAppend): number | null {
    const topic = this.#table.ensure(append.topic);
    const isOwn = append.origin === 0;
    if (!isOwn) {
      if (append.originSeq <= this.#table.mark(topic, append.origin)) return null;
      topic.marks.set(append.origin, append.originSeq);
    }
    const offset = topic.next;
    const timeMs = Math.max(append.timeMs, topic.lastTimeMs);
    const { priority, payload, origin, originSeq } = append;
    const { position } = topic;
    const record = { offset, origin, originSeq: isOwn ? offset : originSeq, timeMs, priority, payload, position };
    topic.next = offset + 1;
    topic.lastTimeMs = timeMs;
    topic.position += sizeOfPayload(payload);
    this.#pending.push({ topic, record });
    return offset;
  }

  /** One write for all that is accepted until it begins. */
  #flushed(): Promise<void> {
    if (this.#flush !== null) return this.#flush;
    let taken: Pending[] = [];
    this.#flush = this.#volume
      .commit((writes) => {
        taken = this.#pending;
        this.#pending = [];
        this.#flush = null;
        this.#write(writes, taken);
      })
      .then(() => this.#publish(taken));
    return this.#flush;
  }

  #write(writes: Writes, taken: readonly Pending[]): void {
    const marked = new Map<Topic, Set<number>>();
    for (const { topic, record } of taken) {
      const key = keyOf(topic.id, record.offset, writes.allocate(KEY_BYTES));
      writes.put(this.#records, key, encodeTopicRecord(writes, topic.id, record));
      if (record.offset === 1) this.#table.write(writes, topic);
      if (record.origin === 0) continue;
      const origins = marked.get(topic);
      if (origins === undefined) marked.set(topic, new Set([record.origin]));
      else origins.add(record.origin);
    }
    for (const [topic, origins] of marked) for (const origin of origins) this.#table.writeMark(writes, topic, origin);
  }

  #publish(taken: readonly Pending[]): void {
    const topics = new Set<string>();
    for (const { topic, record } of taken) {
      topic.durableNext = record.offset + 1;
      topics.add(topic.name);
    }
    if (topics.size > 0) for (const listener of this.#listeners) listener(topics);
  }

  #sweep(writes: Writes, topic: Topic): void {
    const end = Math.min(topic.first, topic.sweptTo + SWEEP_MAX);
    this.#table.write(writes, topic);
    for (; topic.sweptTo < end; topic.sweptTo += 1)
      writes.remove(this.#records, keyOf(topic.id, topic.sweptTo, writes.allocate(KEY_BYTES)));
  }

  #mustRead(topic: Topic, offset: number): PlacedRecord {
    const record = this.#recordAt(topic, offset);
    if (record !== undefined) return record;
    throw corrupt({ index: offset, name: `record ${offset} of topic ${topic.name}` }, 'it is missing');
  }

  #recordAt(topic: Topic, offset: number): PlacedRecord | undefined {
    const source = this.#records.get(keyOf(topic.id, offset, this.#key));
    return source === undefined ? undefined : decodeTopicRecord(source, topic.name, topic.id, offset);
  }
}
