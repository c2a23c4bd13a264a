import { crc32 } from 'node:zlib';
import { type Entry, EntryKind } from '@peermesh/consensus';
import { checked, corrupt, RECORD_HEADER_BYTES, readNumber, seal, writeNumber } from './record.ts';

/*
 * A run is what one write holds of the entries of one group, as one record: a sealed head and then the entries, each with a
 * checksum of its own, so that those before a damaged one can be read. A run that is cut keeps the bytes of the entries it keeps.
 */

/** Another layout than other records have, so that an entry by itself, as it was once written, is refused. */
const VERSION = 2;
/** `u32 group, u64 first index, u32 count`. */
const HEAD_BYTES = RECORD_HEADER_BYTES + 16;
/** `u32 crc, u8 kind, u64 term, u32 length` before the data of each entry. */
const ENTRY_BYTES = 17;

/** The entries that follow each other in a record. */
export interface Run {
  readonly group: number;
  readonly first: number;
  readonly last: number;
  readonly record: Buffer;
}

/** Copies entries, which follow each other, into a record. */
export function encodeRun(group: number, entries: readonly Entry[]): Run {
  let bytes = HEAD_BYTES;
  for (const { data } of entries) bytes += ENTRY_BYTES + data.length;
  const record = Buffer.allocUnsafeSlow(bytes);
  let at = HEAD_BYTES;
  for (const { kind, term, data } of entries) {
    record[at + 4] = kind;
    writeNumber(record, term, at + 5);
    record.writeUInt32BE(data.length, at + 13);
    record.set(data, at + ENTRY_BYTES);
    const end = at + ENTRY_BYTES + data.length;
    record.writeUInt32LE(crc32(record.subarray(at + 4, end)), at);
    at = end;
  }
  return headed(record, group, entries[0]?.index ?? 0, entries.length);
}

/** Its entries before an index that is behind its first one. @throws StorageError `corrupt` */
export function cutRun({ group, first, record }: Run, before: number): Run {
  let at = HEAD_BYTES;
  for (let index = first; index < before; index += 1) at = endOf(record, at, group, index);
  return headed(Buffer.from(record.subarray(0, at)), group, first, before - first);
}

/** @throws StorageError `corrupt` with group and index of its first entry */
export function decodeRun(record: Buffer | undefined, group: number, first: number): Run {
  const name = () => ({ group, index: first, name: `the entries from ${first} on of group ${group}` });
  if (record === undefined) throw corrupt(name(), 'they are missing');
  if (record.length < HEAD_BYTES) throw corrupt(name(), 'it is too short');
  if (record[4] !== VERSION) throw corrupt(name(), `its version is ${record[4]}`);
  checked(record.subarray(0, HEAD_BYTES), HEAD_BYTES - RECORD_HEADER_BYTES, name, VERSION);
  if (record.readUInt32BE(5) !== group || readNumber(record, 9) !== first) throw corrupt(name(), 'others are there');
  return { group, first, last: first + record.readUInt32BE(17) - 1, record };
}

/** @throws StorageError `corrupt` with group and index of the entry that is damaged */
export function* entriesOfRun({ group, first, last, record }: Run, from: number): Generator<Entry> {
  let at = HEAD_BYTES;
  for (let index = first; index <= last; index += 1) {
    const end = endOf(record, at, group, index);
    if (index >= from) yield decodeEntry(record, at, end, group, index);
    at = end;
  }
}

function headed(record: Buffer, group: number, first: number, count: number): Run {
  record.writeUInt32BE(group, 5);
  writeNumber(record, first, 9);
  record.writeUInt32BE(count, 17);
  seal(record.subarray(0, HEAD_BYTES), VERSION);
  return { group, first, last: first + count - 1, record };
}

function endOf(record: Buffer, at: number, group: number, index: number): number {
  const body = at + ENTRY_BYTES;
  const end = body <= record.length ? body + record.readUInt32BE(at + 13) : body;
  if (end > record.length) throw corrupt(nameOf(group, index), 'it is too short');
  return end;
}

function decodeEntry(record: Buffer, at: number, end: number, group: number, index: number): Entry {
  const kind = record[at + 4];
  const isWhole = crc32(record.subarray(at + 4, end)) === record.readUInt32LE(at);
  if (!isWhole) throw corrupt(nameOf(group, index), 'its checksum is wrong');
  if (kind !== EntryKind.command && kind !== EntryKind.configuration)
    throw corrupt(nameOf(group, index), `its kind is ${kind}`);
  return { kind, index, term: readNumber(record, at + 5), data: record.subarray(at + ENTRY_BYTES, end) };
}

function nameOf(group: number, index: number): { group: number; index: number; name: string } {
  return { group, index, name: `entry ${index} of group ${group}` };
}
