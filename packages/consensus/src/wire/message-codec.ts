import { ConfigurationError, decodeConfiguration, encodeConfiguration, NO_CONFIGURATION } from '../configuration.ts';
import type { Message, MessageBody } from '../message.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { readEntries, writeEntries } from './entry-codec.ts';

/** Messages that travel one by one; heartbeats of many groups share a list (heartbeat-list.ts). */
export type SingleMessage = Exclude<Message, { type: 'heartbeat' | 'heartbeat-response' }>;

type SingleBody = Exclude<MessageBody, { type: 'heartbeat' | 'heartbeat-response' }>;

/** Numbers of the types on the wire; none is ever used again for another. */
export const TYPE = {
  'vote-request': 1,
  'vote-response': 2,
  'append-request': 3,
  'append-response': 4,
  'snapshot-chunk': 5,
  'snapshot-response': 6,
  'timeout-now': 7,
} as const;

const IS_PRE = 1;
const IS_TRANSFER = 2;
const IS_GRANTED = 2;
const SNAPSHOT_BYTES_MAX = 2 ** 40;

export function writeMessage(writer: ByteWriter, group: number, message: SingleMessage): void {
  writer.u8(TYPE[message.type]);
  writer.varint(group);
  writer.varint(message.term);
  switch (message.type) {
    case 'vote-request':
      writer.u8((message.isPre ? IS_PRE : 0) | (message.isTransfer ? IS_TRANSFER : 0));
      writer.varint(message.lastIndex);
      writer.varint(message.lastTerm);
      return;
    case 'vote-response':
      writer.u8((message.isPre ? IS_PRE : 0) | (message.isGranted ? IS_GRANTED : 0));
      return;
    case 'append-request':
      writer.varint(message.prevIndex);
      writer.varint(message.prevTerm);
      writer.varint(message.commit);
      writeEntries(writer, message.prevTerm, message.entries);
      return;
    case 'append-response':
      writer.u8(message.isOk ? 1 : 0);
      writer.varint(message.index);
      writer.varint(message.hintIndex);
      writer.varint(message.hintTerm);
      return;
    case 'snapshot-chunk': {
      const configuration = encodeConfiguration(message.configuration);
      writer.varint(message.index);
      writer.varint(message.snapshotTerm);
      writer.varint(configuration.length);
      writer.bytes(configuration);
      writer.varint(message.offset);
      writer.varint(message.totalBytes);
      writer.varint(message.data.length);
      writer.bytes(message.data);
      return;
    }
    case 'snapshot-response':
      writer.varint(message.index);
      writer.varint(message.offset);
      return;
    case 'timeout-now':
  }
}

/** Reads what follows the type, group and term; null for a type that is not known. */
export function readBody(reader: ByteReader, type: number, term: number): SingleBody | null {
  switch (type) {
    case TYPE['vote-request']: {
      const flags = reader.upTo(IS_PRE | IS_TRANSFER);
      const [lastIndex, lastTerm] = [reader.varint(), reader.varint()];
      const [isPre, isTransfer] = [(flags & IS_PRE) !== 0, (flags & IS_TRANSFER) !== 0];
      return { type: 'vote-request', isPre, isTransfer, lastIndex, lastTerm };
    }
    case TYPE['vote-response']: {
      const flags = reader.upTo(IS_PRE | IS_GRANTED);
      return { type: 'vote-response', isPre: (flags & IS_PRE) !== 0, isGranted: (flags & IS_GRANTED) !== 0 };
    }
    case TYPE['append-request']: {
      const [prevIndex, prevTerm, commit] = [reader.varint(), reader.varint(), reader.varint()];
      const entries = readEntries(reader, { index: prevIndex, term: prevTerm }, term);
      return { type: 'append-request', prevIndex, prevTerm, commit, entries };
    }
    case TYPE['append-response']: {
      const isOk = reader.upTo(1) === 1;
      const [index, hintIndex, hintTerm] = [reader.varint(), reader.varint(), reader.varint()];
      return { type: 'append-response', isOk, index, hintIndex, hintTerm };
    }
    case TYPE['snapshot-chunk']:
      return readChunk(reader);
    case TYPE['snapshot-response']:
      return { type: 'snapshot-response', index: reader.varint(), offset: reader.varint() };
    case TYPE['timeout-now']:
      return { type: 'timeout-now' };
    default:
      return null;
  }
}

function readChunk(reader: ByteReader): SingleBody {
  const [index, snapshotTerm] = [reader.varint(), reader.varint()];
  const configuration = readConfiguration(reader, reader.bytes(reader.varint()));
  const [offset, totalBytes] = [reader.varint(), reader.upTo(SNAPSHOT_BYTES_MAX)];
  const data = reader.bytes(reader.varint());
  if (offset + data.length > totalBytes) reader.reject();
  return { type: 'snapshot-chunk', index, snapshotTerm, configuration, offset, totalBytes, data };
}

function readConfiguration(reader: ByteReader, bytes: Uint8Array): typeof NO_CONFIGURATION {
  try {
    return decodeConfiguration(bytes);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    reader.reject();
    return NO_CONFIGURATION;
  }
}
