import type { Claim, MemberRecord } from '../claim.ts';
import { ADDRESS_LENGTH_MAX, ID_LENGTH_MAX, IDENTITY_LENGTH_MAX, INCARNATION_MAX } from './limits.ts';
import type { Reader } from './reader.ts';
import type { Writer } from './writer.ts';

const ALIVE = 1;
const SUSPECT = 2;
const FAILED = 3;
const LEFT = 4;
const METADATA_BYTES_MAX = 4_096;
const METADATA_VERSION_MAX = 2 ** 32 - 1;

function writeRecord(writer: Writer, record: MemberRecord): void {
  writer.ascii(record.id);
  writer.ascii(record.address);
  writer.ascii(record.identity);
  writer.u8(record.versionMin);
  writer.u8(record.versionMax);
  writer.varint(record.metadataVersion);
  writer.utf8(record.metadata);
}

/** Appends one claim: kind, incarnation, then what the kind needs. */
export function writeClaim(writer: Writer, claim: Claim): void {
  switch (claim.kind) {
    case 'alive':
      writer.u8(ALIVE);
      writer.varint(claim.incarnation);
      writeRecord(writer, claim.record);
      return;
    case 'left':
      writer.u8(LEFT);
      writer.varint(claim.incarnation);
      writer.ascii(claim.id);
      return;
    case 'suspect':
    case 'failed':
      writer.u8(claim.kind === 'suspect' ? SUSPECT : FAILED);
      writer.varint(claim.incarnation);
      writer.ascii(claim.id);
      writer.ascii(claim.by);
  }
}

function readRecord(reader: Reader): MemberRecord {
  const id = reader.ascii(ID_LENGTH_MAX, false);
  const address = reader.ascii(ADDRESS_LENGTH_MAX, false);
  const identity = reader.ascii(IDENTITY_LENGTH_MAX, true);
  const versionMin = reader.u8();
  const versionMax = reader.u8();
  if (versionMin > versionMax) reader.refuse('bad_claim');
  const metadataVersion = reader.varint(METADATA_VERSION_MAX);
  const metadata = reader.utf8(METADATA_BYTES_MAX);
  return { id, address, identity, metadataVersion, metadata, versionMin, versionMax };
}

/** Reads one claim; what it returns counts only while the reader has no flaw. */
export function readClaim(reader: Reader): Claim {
  const kind = reader.u8();
  const incarnation = reader.varint(INCARNATION_MAX - 1);
  if (kind === ALIVE) return { kind: 'alive', incarnation, record: readRecord(reader) };
  const id = reader.ascii(ID_LENGTH_MAX, false);
  if (kind === LEFT) return { kind: 'left', incarnation, id };
  if (kind !== SUSPECT && kind !== FAILED) reader.refuse('bad_claim');
  const by = reader.ascii(ID_LENGTH_MAX, false);
  return { kind: kind === SUSPECT ? 'suspect' : 'failed', incarnation, id, by };
}
