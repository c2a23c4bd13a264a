import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import {
  DATA_VERSION,
  type DataMessage,
  type DataRefusal,
  KIND_NUMBERS,
  MESSAGE_BYTES_MAX,
  PAYLOAD_BYTES_MAX,
  RECORDS_MAX,
  TOPICS_MAX,
  type WireRecord,
} from './message.ts';

/** The bytes of a message: `u8 version, u8 kind`, then its fields. */
export function encodeMessage(message: DataMessage): Buffer {
  const writer = new ByteWriter();
  writer.u8(DATA_VERSION);
  writer.u8(KIND_NUMBERS[message.kind]);
  switch (message.kind) {
    case 'records':
      writer.text(message.topic);
      writer.u8(message.isBase ? 1 : 0);
      writer.u64(message.previous);
      writeRecords(writer, message.records);
      break;
    case 'transient':
      writer.text(message.topic);
      writeRecords(writer, message.records);
      break;
    case 'ack':
      writer.text(message.topic);
      writer.u8(message.isRefusal ? 1 : 0);
      writer.u64(message.mark);
      break;
    case 'interest-delta':
      writer.u64(message.epoch);
      writer.u64(message.version);
      writer.texts(message.added);
      writer.texts(message.removed);
      break;
    case 'interest-digest':
      writer.u64(message.epoch);
      writer.u64(message.version);
      writer.u32(message.count);
      writer.u64(message.hash);
      break;
    case 'interest-set':
      writer.u64(message.epoch);
      writer.u64(message.version);
      writer.u16(message.part);
      writer.u16(message.parts);
      writer.texts(message.topics);
      break;
    case 'interest-request':
      break;
  }
  return writer.end();
}

/** The message that bytes are, or why they are none. Never throws; payloads are views on the bytes. */
export function decodeMessage(bytes: Uint8Array): DataMessage | DataRefusal {
  if (bytes.length > MESSAGE_BYTES_MAX) return 'too-large';
  const reader = new ByteReader(bytes);
  if (reader.u8() !== DATA_VERSION) return bytes.length === 0 ? 'truncated' : 'unknown-version';
  const message = readBody(reader, reader.u8());
  if (reader.refusal !== null) return reader.refusal;
  if (message === null) return 'unknown-kind';
  return reader.left === 0 ? message : 'trailing';
}

function readBody(reader: ByteReader, kind: number): DataMessage | null {
  switch (kind) {
    case KIND_NUMBERS.records: {
      const topic = reader.topic();
      const isBase = readFlag(reader);
      const previous = reader.u64();
      const records = readRecords(reader);
      if (!isAscending(previous, records)) reader.refuse('bad-field');
      return { kind: 'records', topic, isBase, previous, records };
    }
    case KIND_NUMBERS.transient:
      return { kind: 'transient', topic: reader.topic(), records: readRecords(reader) };
    case KIND_NUMBERS.ack: {
      const topic = reader.topic();
      const isRefusal = readFlag(reader);
      return { kind: 'ack', topic, isRefusal, mark: reader.u64() };
    }
    case KIND_NUMBERS['interest-delta']:
      return {
        kind: 'interest-delta',
        epoch: reader.u64(),
        version: reader.u64(),
        added: reader.topics(TOPICS_MAX),
        removed: reader.topics(TOPICS_MAX),
      };
    case KIND_NUMBERS['interest-digest']:
      return {
        kind: 'interest-digest',
        epoch: reader.u64(),
        version: reader.u64(),
        count: reader.u32(),
        hash: reader.u64(),
      };
    case KIND_NUMBERS['interest-request']:
      return { kind: 'interest-request' };
    case KIND_NUMBERS['interest-set']: {
      const [epoch, version, part, parts] = [reader.u64(), reader.u64(), reader.u16(), reader.u16()];
      if (part >= parts) reader.refuse('bad-field');
      return { kind: 'interest-set', epoch, version, part, parts, topics: reader.topics(TOPICS_MAX) };
    }
    default:
      return null;
  }
}

function writeRecords(writer: ByteWriter, records: readonly WireRecord[]): void {
  writer.u16(records.length);
  for (const { seq, timeMs, priority, payload } of records) {
    writer.u64(seq);
    writer.u64(timeMs);
    writer.u8(priority);
    writer.bytes(payload);
  }
}

function readRecords(reader: ByteReader): WireRecord[] {
  const count = reader.u16();
  if (count === 0 || count > RECORDS_MAX) reader.refuse('bad-field');
  const records: WireRecord[] = [];
  for (let at = 0; at < count && reader.refusal === null; at += 1) {
    const [seq, timeMs, priority] = [reader.u64(), reader.u64(), reader.u8()];
    if (priority > 2) reader.refuse('bad-field');
    const payload = reader.bytes(PAYLOAD_BYTES_MAX);
    records.push({ seq, timeMs, priority: priority as WireRecord['priority'], payload });
  }
  return records;
}

function readFlag(reader: ByteReader): boolean {
  const flag = reader.u8();
  if (flag > 1) reader.refuse('bad-field');
  return flag === 1;
}

function isAscending(previous: number, records: readonly WireRecord[]): boolean {
  return records.every(({ seq }, at) => seq > (records[at - 1]?.seq ?? previous));
}
