import { crc32 } from 'node:zlib';
import { StorageError } from '@peermesh/consensus';

/** What a record is about, for the error when it is not what was written. */
export interface RecordName {
  readonly group?: number;
  readonly index?: number;
  readonly name: string;
}

/** `u32 crc, u8 version` before what a record holds; the sum covers everything behind itself. */
export const RECORD_HEADER_BYTES = 5;
const VERSION = 1;

/** Completes a record whose body begins at {@link RECORD_HEADER_BYTES}. Its body names its key, so that a record in another's place is seen. */
export function seal(record: Buffer, version = VERSION): void {
  record[4] = version;
  record.writeUInt32LE(crc32(record.subarray(4)), 0);
}

/**
 * Checks a record that was read.
 * @throws StorageError `corrupt`, naming the record, when it is not what was written
 */
export function checked(record: Buffer, bodyBytesMin: number, name: () => RecordName, version = VERSION): Buffer {
  if (record.length < RECORD_HEADER_BYTES + bodyBytesMin) throw corrupt(name(), 'it is too short');
  if (crc32(record.subarray(4)) !== record.readUInt32LE(0)) throw corrupt(name(), 'its checksum is wrong');
  if (record[4] !== version) throw corrupt(name(), `its version is ${record[4]}`);
  return record;
}

/** The error for a record that cannot be used. */
export function corrupt({ name, ...at }: RecordName, why: string): StorageError {
  return new StorageError('corrupt', `${name} is corrupt: ${why}`, at);
}

/** Writes a whole number below 2^53 in eight bytes, highest first, so that keys sort by number. */
export function writeNumber(target: Buffer, value: number, at: number): void {
  target.writeUInt32BE(Math.floor(value / 0x1_0000_0000), at);
  target.writeUInt32BE(value >>> 0, at + 4);
}

export function readNumber(source: Buffer, at: number): number {
  return source.readUInt32BE(at) * 0x1_0000_0000 + source.readUInt32BE(at + 4);
}

/** Bytes of {@link keyOf}. */
export const KEY_BYTES = 12;

/** The key of a record that is found by a group or topic and a number within. */
export function keyOf(id: number, number: number, target: Buffer = Buffer.allocUnsafe(KEY_BYTES)): Buffer {
  target.writeUInt32BE(id, 0);
  writeNumber(target, number, 4);
  return target;
}
