import type { HardState } from '@peermesh/consensus';
import { checked, corrupt, RECORD_HEADER_BYTES, readNumber, seal, writeNumber } from './record.ts';
import type { Writes } from './writes.ts';

/** `u32 group, u8 hasHardState, u64 term, u32 vote, u64 commit, u64 first`. */
const STATE_BYTES = 33;

/** What is known of a group besides its entries. */
export interface GroupState {
  readonly hardState: HardState | null;
  /** Entries below this one are forgotten. */
  readonly first: number;
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
