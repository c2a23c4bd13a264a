import type { ReplicaId } from '../entry.ts';
import { MESSAGE_VERSION } from '../message.ts';
import { ByteReader } from './byte-reader.ts';
import type { GroupMessage } from './group-message.ts';
import { HEARTBEAT_RESPONSES, HEARTBEATS, readList } from './heartbeat-list.ts';
import { readBody } from './message-codec.ts';

/**
 * Why a frame is not taken: a version that is not known here, an end before its time, a content that no encoder makes, or more
 * bytes than a frame may have.
 */
export type FrameRefusal = 'unknown-version' | 'truncated' | 'malformed' | 'too-large';

/** A frame that was taken apart, or why it was not; `version` is what its first byte says. */
export type DecodedFrame =
  | { readonly from: ReplicaId; readonly to: ReplicaId; readonly messages: readonly GroupMessage[] }
  | { readonly refused: FrameRefusal; readonly version: number };

/** More than any frame of an honest host: one entry or piece of a snapshot of the largest size, and what was before it. */
export const FRAME_BYTES_MAX = 96 * 1024 * 1024;
const GROUP_MAX = 0xffff_ffff;

/**
 * Takes a frame apart. Never throws, whatever the bytes are; data of entries and snapshots are views of them. A frame with a
 * flaw is refused as a whole.
 */
export function decodeFrame(bytes: Uint8Array): DecodedFrame {
  const version = bytes[0] ?? 0;
  if (bytes.length > FRAME_BYTES_MAX) return { refused: 'too-large', version };
  if (bytes.length === 0) return { refused: 'truncated', version };
  if (version !== MESSAGE_VERSION) return { refused: 'unknown-version', version };
  const reader = new ByteReader(bytes);
  reader.u8();
  const address = { from: reader.upTo(GROUP_MAX), to: reader.upTo(GROUP_MAX) };
  if (reader.flaw === null && (address.from < 1 || address.to < 1)) reader.reject();
  const messages: GroupMessage[] = [];
  while (reader.remaining > 0) readItem(reader, address, messages);
  return reader.flaw === null ? { ...address, messages } : { refused: reader.flaw, version };
}

function readItem(reader: ByteReader, address: { from: number; to: number }, messages: GroupMessage[]): void {
  const type = reader.u8();
  if (type === HEARTBEATS || type === HEARTBEAT_RESPONSES) {
    readList(reader, type, address, messages);
    return;
  }
  const group = reader.upTo(GROUP_MAX);
  const term = reader.varint();
  const body = readBody(reader, type, term);
  if (body === null || group < 1) reader.reject();
  else messages.push({ group, message: { ...body, ...address, term } });
}
