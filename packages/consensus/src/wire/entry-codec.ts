import { ConfigurationError, decodeConfiguration } from '../configuration.ts';
import { type Entry, EntryKind, type LogPosition } from '../entry.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';

/** Bytes that an entry takes at least. */
const ENTRY_BYTES_MIN = 3;

/**
 * Entries that follow a position without gaps: their number, then of each how much its term lies above that of the one before,
 * its kind, and its data with their length. Indexes are implied.
 */
export function writeEntries(writer: ByteWriter, prevTerm: number, entries: readonly Entry[]): void {
  writer.varint(entries.length);
  let term = prevTerm;
  for (const entry of entries) {
    writer.varint(entry.term - term);
    writer.u8(entry.kind);
    writer.varint(entry.data.length);
    writer.bytes(entry.data);
    term = entry.term;
  }
}

/** @param termMax the term of the message: no entry is of a later one */
export function readEntries(reader: ByteReader, prev: LogPosition, termMax: number): Entry[] {
  const count = reader.upTo(Math.floor(reader.remaining / ENTRY_BYTES_MIN));
  const entries: Entry[] = [];
  let term = prev.term;
  for (let at = 1; at <= count && reader.flaw === null; at += 1) {
    term += reader.varint();
    const kind = reader.u8();
    const data = reader.bytes(reader.varint());
    if (term > termMax || term < 1 || !isKind(kind) || (kind === EntryKind.configuration && !isConfiguration(data)))
      reader.reject();
    else entries.push({ index: prev.index + at, term, kind, data });
  }
  return entries;
}

function isKind(kind: number): kind is EntryKind {
  return kind === EntryKind.command || kind === EntryKind.configuration;
}

/** A log takes configurations apart as soon as it has them: what it could not is refused here. */
function isConfiguration(data: Uint8Array): boolean {
  try {
    decodeConfiguration(data);
    return true;
  } catch (error) {
    if (error instanceof ConfigurationError) return false;
    throw error;
  }
}
