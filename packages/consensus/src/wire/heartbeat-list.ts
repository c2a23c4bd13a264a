import type { ReplicaId } from '../entry.ts';
import type { Heartbeat, HeartbeatResponse } from '../message.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { GroupMessage } from './group-message.ts';

/** Numbers of the two lists on the wire, beside those of messages. */
export const HEARTBEATS = 8;
export const HEARTBEAT_RESPONSES = 9;

/** One group's heartbeat in a list. */
export interface GroupHeartbeat {
  readonly group: number;
  readonly message: Heartbeat;
  /** The leader falls silent after it, until something is to be done. */
  readonly isLast: boolean;
}

export interface GroupHeartbeatResponse {
  readonly group: number;
  readonly message: HeartbeatResponse;
}

/** Lists are sorted by group and hold how far each group lies above the one before: five bytes a group are usual. */
export function writeHeartbeats(writer: ByteWriter, list: readonly GroupHeartbeat[]): void {
  writer.u8(HEARTBEATS);
  writer.varint(list.length);
  let before = 0;
  for (const { group, message, isLast } of sorted(list)) {
    writer.varint(group - before);
    writer.varint(message.term);
    writer.varint(message.commit);
    writer.varint(message.round * 2 + (isLast ? 1 : 0));
    before = group;
  }
}

export function writeHeartbeatResponses(writer: ByteWriter, list: readonly GroupHeartbeatResponse[]): void {
  writer.u8(HEARTBEAT_RESPONSES);
  writer.varint(list.length);
  let before = 0;
  for (const { group, message } of sorted(list)) {
    writer.varint(group - before);
    writer.varint(message.term);
    writer.varint(message.round);
    before = group;
  }
}

/** Reads a list of either kind behind its number. */
export function readList(
  reader: ByteReader,
  kind: typeof HEARTBEATS | typeof HEARTBEAT_RESPONSES,
  address: { readonly from: ReplicaId; readonly to: ReplicaId },
  found: GroupMessage[],
): void {
  const count = reader.upTo(reader.remaining);
  let group = 0;
  for (let at = 0; at < count && reader.flaw === null; at += 1) {
    group += reader.varint();
    if (group < 1 || group > 0xffff_ffff) reader.reject();
    const term = reader.varint();
    if (kind === HEARTBEATS) {
      const commit = reader.varint();
      const last = reader.varint();
      const message: Heartbeat = { type: 'heartbeat', ...address, term, commit, round: Math.floor(last / 2) };
      found.push({ group, message, isLast: last % 2 === 1 });
    } else found.push({ group, message: { type: 'heartbeat-response', ...address, term, round: reader.varint() } });
  }
}

function sorted<Item extends { readonly group: number }>(list: readonly Item[]): Item[] {
  return [...list].sort((one, other) => one.group - other.group);
}
