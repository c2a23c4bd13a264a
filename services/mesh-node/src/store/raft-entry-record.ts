import { type Entry, EntryKind, type HardState } from '@peermesh/consensus';
import { checked, corrupt, RECORD_HEADER_BYTES, readNumber, seal, writeNumber } from './record.ts';
import type { Writes } from './writes.ts';

/** `u8 kind, u32 group, u64 index, u64 term` before the data of an entry. */
const ENTRY_BYTES = 21;
/** `u32 group, u8 hasHardState, u64 term, u32 vote, u64 commit, u64 first`. */
const STATE_BYTES = 33;

/** What is known of a group besides its entries. */
export interface GroupState {
  readonly hardState: HardState | null;
  /** Entries below this one are forgotten. */
  readonly first: number;
}

export function encodeEntry(writes: Writes, group: number, { kind, index, term, data }: Entry): Buffer {
  const record = writes.allocate(RECORD_HEADER_BYTES + ENTRY_BYTES + data.length);
  record[5] = kind;
  record.writeUInt32BE(group, 6);
  writeNumber(record, index, 10);
  writeNumber(record, term, 18);
  record.set(data, 26);
  seal(record);
  return record;
}

/** @throws StorageError `corrupt` with group and index */
export function decodeEntry(record: Buffer | undefined, group: number, index: number): Entry {
  const name = () => ({ group, index, name: `entry ${index} of group ${group}` });
  if (record === undefined) throw corrupt(name(), 'it is missing');
  checked(record, ENTRY_BYTES, name);
  const kind = record[5];
  if (record.readUInt32BE(6) !== group || readNumber(record, 10) !== index) throw corrupt(name(), 'another is there');
  if (kind !== EntryKind.command && kind !== EntryKind.configuration) throw corrupt(name(), `its kind is ${kind}`);
  return { kind, index, term: readNumber(record, 18), data: record.subarray(26) };
}

export function encodeState(writes: Writes, group: number, { hardState, first }: GroupState): Buffer {
  const record = writes.allocate(RECORD_HEADER_BYTES + STATE_BYTES);
  record.writeUInt32BE(group, 5);
  record[9] = hardState === null ? 0 : 1;
  writeNumber(record, hardState?.term ?? 0, 10);
  record.writeUInt32BE(hardState?.vote ?? 0, 18);
  writeNumber(record, hardState?.commit ?? 0, 22);
  writeNumber(record, first, 30);
  seal(record);
  return record;
}

/** @throws StorageError `corrupt` with the group */
export function decodeState(record: Buffer, group: number): GroupState {
  const name = () => ({ group, name: `the state of group ${group}` });
  checked(record, STATE_BYTES, name);
  if (record.readUInt32BE(5) !== group) throw corrupt(name(), 'that of another is there');
  const hardState = { term: readNumber(record, 10), vote: record.readUInt32BE(18), commit: readNumber(record, 22) };
  return { hardState: record[9] === 1 ? hardState : null, first: readNumber(record, 30) };
}
