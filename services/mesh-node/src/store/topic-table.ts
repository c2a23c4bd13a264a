import { checked, corrupt, KEY_BYTES, keyOf, RECORD_HEADER_BYTES, readNumber, seal, writeNumber } from './record.ts';
import { decodeTopicRecord, sizeOfPayload } from './topic-record.ts';
import type { Volume } from './volume.ts';
import type { Table, Writes } from './writes.ts';

/** A topic as it is in memory. */
export interface Topic {
  readonly id: number;
  readonly name: string;
  /** The oldest offset that is kept. */
  first: number;
  /** The offset that the next accepted record gets. */
  next: number;
  /** Behind the newest durable record. */
  durableNext: number;
  /** All bytes that were ever accepted. */
  position: number;
  lastTimeMs: number;
  /** Position of the record at `first`; null when it is not known yet. */
  firstPosition: number | null;
  /** Records below this offset are on no disk any more. */
  sweptTo: number;
  /** The highest accepted sequence by origin; filled from the disk when an origin is met. */
  readonly marks: Map<number, number>;
}

/** `u32 id, u64 first, u64 next, u64 position, u64 lastTimeMs` before the name. */
const BODY_BYTES = 36;

const SCOPE = Buffer.from('mesh');

/** The topics of a node, by name. All of them are in memory. */
export class TopicTable {
  readonly records: Table;
  readonly #topics: Table;
  readonly #marks: Table;
  readonly #byName = new Map<string, Topic>();
  #lastId = 0;
  #mesh: string | null = null;

  /** @throws StorageError `corrupt` for a topic, or the first or last record of one, that is damaged */
  constructor(volume: Volume) {
    this.records = volume.table('topic-records');
    this.#topics = volume.table('topics');
    this.#marks = volume.table('topic-marks');
    for (const { key, value } of this.#topics.getRange()) this.#load(Buffer.from(key), value);
    const scope = this.#marks.get(SCOPE);
    if (scope === undefined) return;
    this.#mesh = checked(scope, 1, () => ({ name: 'the mesh of the marks' })).toString('utf8', RECORD_HEADER_BYTES);
  }

  /** The mesh whose nodes the marks are of; null when there are none yet. */
  get mesh(): string | null {
    return this.#mesh;
  }

  /** From now on origins are nodes of this mesh: what was known of those of another one is forgotten. */
  enterMesh(writes: Writes, mesh: string): void {
    for (const key of this.#marks.getKeys()) writes.remove(this.#marks, Buffer.from(key));
    for (const topic of this.#byName.values()) topic.marks.clear();
    const record = Buffer.from(`${'\0'.repeat(RECORD_HEADER_BYTES)}${mesh}`);
    seal(record);
    writes.put(this.#marks, SCOPE, record);
    this.#mesh = mesh;
  }

  get size(): number {
    return this.#byName.size;
  }

  get(name: string): Topic | undefined {
    return this.#byName.get(name);
  }

  names(): Iterable<string> {
    return this.#byName.keys();
  }

  /** The topic of this name, made when there is none; {@link write} it with its first record. */
  ensure(name: string): Topic {
    const found = this.#byName.get(name);
    if (found !== undefined) return found;
    this.#lastId += 1;
    const topic = newTopic(this.#lastId, name, 1, 1, 0, 0);
    this.#byName.set(name, topic);
    return topic;
  }

  /** Keeps where the topic begins and goes on, which its records do not say when they are gone. */
  write(writes: Writes, topic: Topic): void {
    const name = Buffer.from(topic.name);
    const record = writes.allocate(RECORD_HEADER_BYTES + BODY_BYTES + name.length);
    record.writeUInt32BE(topic.id, 5);
    writeNumber(record, topic.first, 9);
    writeNumber(record, topic.next, 17);
    writeNumber(record, topic.position, 25);
    writeNumber(record, topic.lastTimeMs, 33);
    record.set(name, 41);
    seal(record);
    writes.put(this.#topics, name, record);
  }

  /** The highest sequence of an origin that was accepted. */
  mark(topic: Topic, origin: number): number {
    const known = topic.marks.get(origin);
    if (known !== undefined) return known;
    const record = this.#marks.get(keyOf(topic.id, origin));
    const mark = record === undefined ? 0 : decodeMark(record, topic, origin);
    topic.marks.set(origin, mark);
    return mark;
  }

  writeMark(writes: Writes, topic: Topic, origin: number): void {
    const key = keyOf(topic.id, origin, writes.allocate(KEY_BYTES));
    const record = writes.allocate(RECORD_HEADER_BYTES + KEY_BYTES + 8);
    record.set(key, RECORD_HEADER_BYTES);
    writeNumber(record, topic.marks.get(origin) ?? 0, RECORD_HEADER_BYTES + KEY_BYTES);
    seal(record);
    writes.put(this.#marks, key, record);
  }

  #load(key: Buffer, record: Buffer): void {
    const name = () => ({ name: `topic ${key.toString()}` });
    checked(record, BODY_BYTES, name);
    if (!record.subarray(41).equals(key)) throw corrupt(name(), 'another is there');
    const id = record.readUInt32BE(5);
    const topic = newTopic(
      id,
      key.toString(),
      readNumber(record, 9),
      readNumber(record, 17),
      readNumber(record, 25),
      readNumber(record, 33),
    );
    this.#lastId = Math.max(this.#lastId, id);
    this.#byName.set(topic.name, topic);
    const all = { start: keyOf(id, 0), end: keyOf(id, Number.MAX_SAFE_INTEGER) };
    for (const oldest of this.records.getKeys({ ...all, limit: 1 })) topic.sweptTo = readNumber(Buffer.from(oldest), 4);
    const backwards = { start: all.end, end: all.start, reverse: true, limit: 1 };
    for (const { key: newest, value } of this.records.getRange(backwards)) {
      const last = decodeTopicRecord(value, topic.name, id, readNumber(Buffer.from(newest), 4));
      if (last.offset < topic.next) continue;
      topic.next = last.offset + 1;
      topic.durableNext = topic.next;
      topic.position = last.position + sizeOfPayload(last.payload);
      topic.lastTimeMs = last.timeMs;
    }
  }
}

function newTopic(id: number, name: string, first: number, next: number, position: number, lastTimeMs: number): Topic {
  return {
    id,
    name,
    first,
    next,
    durableNext: next,
    position,
    lastTimeMs,
    firstPosition: null,
    sweptTo: first,
    marks: new Map(),
  };
}

function decodeMark(record: Buffer, topic: Topic, origin: number): number {
  const name = () => ({ name: `the mark of node ${origin} in topic ${topic.name}` });
  checked(record, KEY_BYTES + 8, name);
  const key = record.subarray(RECORD_HEADER_BYTES, RECORD_HEADER_BYTES + KEY_BYTES);
  if (!key.equals(keyOf(topic.id, origin))) throw corrupt(name(), 'another is there');
  return readNumber(record, RECORD_HEADER_BYTES + KEY_BYTES);
}
