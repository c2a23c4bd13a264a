import { checked, corrupt, KEY_BYTES, keyOf, RECORD_HEADER_BYTES } from './record.ts';
import type { Table } from './writes.ts';

/** A snapshot as chunks under one run number. */
export interface Chunked {
  readonly group: number;
  readonly index: number;
  readonly run: number;
  readonly totalBytes: number;
  readonly chunkBytes: number;
}

/**
 * Bytes of a snapshot, as many as there are.
 * @throws StorageError `corrupt` with group and index when a chunk is missing or damaged
 */
export function readChunks(table: Table, chunked: Chunked, offset: number, length: number): Uint8Array {
  const { totalBytes, chunkBytes } = chunked;
  const end = Math.min(offset + length, totalBytes);
  if (offset >= end) return new Uint8Array(0);
  const target = Buffer.allocUnsafe(end - offset);
  for (let at = offset; at < end; ) {
    const data = chunkOf(table, chunked, Math.floor(at / chunkBytes));
    const part = data.subarray(at % chunkBytes, (at % chunkBytes) + end - at);
    target.set(part, at - offset);
    at += part.length;
  }
  return target;
}

function chunkOf(table: Table, { group, index, run, totalBytes, chunkBytes }: Chunked, number: number): Buffer {
  const name = () => ({ group, index, name: `chunk ${number} of snapshot ${index} of group ${group}` });
  const key = keyOf(run, number);
  const record = table.get(key);
  if (record === undefined) throw corrupt(name(), 'it is missing');
  checked(record, KEY_BYTES, name);
  if (!record.subarray(RECORD_HEADER_BYTES, RECORD_HEADER_BYTES + KEY_BYTES).equals(key))
    throw corrupt(name(), 'another is there');
  const data = record.subarray(RECORD_HEADER_BYTES + KEY_BYTES);
  if (data.length !== Math.min(chunkBytes, totalBytes - number * chunkBytes))
    throw corrupt(name(), 'its length is wrong');
  return data;
}
