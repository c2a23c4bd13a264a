import type { TopicRecord } from '../data/ports.ts';
import { checked, corrupt, RECORD_HEADER_BYTES, readNumber, seal, writeNumber } from './record.ts';
import type { Writes } from './writes.ts';

/** `u32 topic, u64 offset, u64 originSeq, u64 timeMs, u64 position, u32 origin, u8 priority` before the payload. */
const BODY_BYTES = 41;
const PAYLOAD_AT = RECORD_HEADER_BYTES + BODY_BYTES;

/** A record and where it is among all bytes that were ever appended to its topic. */
export interface PlacedRecord extends TopicRecord {
  readonly position: number;
}

/** Bytes that a record takes of what a topic may keep. */
export function sizeOfPayload(payload: Uint8Array): number {
  return payload.length + PAYLOAD_AT;
}

export function encodeTopicRecord(writes: Writes, topicId: number, record: PlacedRecord): Buffer {
  const target = writes.allocate(PAYLOAD_AT + record.payload.length);
  target.writeUInt32BE(topicId, 5);
  writeNumber(target, record.offset, 9);
  writeNumber(target, record.originSeq, 17);
  writeNumber(target, record.timeMs, 25);
  writeNumber(target, record.position, 33);
  target.writeUInt32BE(record.origin, 41);
  target[45] = record.priority;
  target.set(record.payload, PAYLOAD_AT);
  seal(target);
  return target;
}

/** @throws StorageError `corrupt`, naming topic and offset */
export function decodeTopicRecord(source: Buffer, topic: string, topicId: number, offset: number): PlacedRecord {
  const name = () => ({ index: offset, name: `record ${offset} of topic ${topic}` });
  checked(source, BODY_BYTES, name);
  const priority = source[45] as number;
  if (source.readUInt32BE(5) !== topicId || readNumber(source, 9) !== offset) throw corrupt(name(), 'another is there');
  if (priority > 2) throw corrupt(name(), `its priority is ${priority}`);
  return {
    offset,
    originSeq: readNumber(source, 17),
    timeMs: readNumber(source, 25),
    position: readNumber(source, 33),
    origin: source.readUInt32BE(41),
    priority: priority as TopicRecord['priority'],
    payload: source.subarray(PAYLOAD_AT),
  };
}
