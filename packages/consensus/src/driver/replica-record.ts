import { type Configuration, ConfigurationError, decodeConfiguration, encodeConfiguration } from '../configuration.ts';
import type { ReplicaId } from '../entry.ts';
import type { GroupId } from '../ports/log-store.ts';
import type { StableStore } from '../ports/stable-store.ts';
import { StorageError } from '../ports/storage-error.ts';

/** Who a replica is, for as long as its disk lives; written before it says anything. */
export interface ReplicaRecord {
  readonly replica: ReplicaId;
  readonly isWitness: boolean;
  /** What the group begins with; null for a replica that gets its log from others. */
  readonly configuration: Configuration | null;
}

const VERSION = 1;
const HEADER_BYTES = 6;
const IS_WITNESS = 1;

function keyOf(group: GroupId): string {
  return `raft/${group}`;
}

/** Resolves when the record is flushed. */
export function writeReplicaRecord(stable: StableStore, group: GroupId, record: ReplicaRecord): Promise<void> {
  const configuration = record.configuration === null ? [] : [encodeConfiguration(record.configuration)];
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8(VERSION, 0);
  header.writeUInt8(record.isWitness ? IS_WITNESS : 0, 1);
  header.writeUInt32LE(record.replica, 2);
  return stable.set(keyOf(group), Buffer.concat([header, ...configuration]));
}

/** Null when there never was a replica of the group on this volume. @throws StorageError `corrupt` */
export function readReplicaRecord(stable: StableStore, group: GroupId): ReplicaRecord | null {
  const stored = stable.get(keyOf(group));
  if (stored === null) return null;
  const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
  const unreadable = (cause?: unknown): StorageError =>
    new StorageError('corrupt', `the record of group ${group} cannot be read`, { group, cause });
  if (bytes.length < HEADER_BYTES || bytes[0] !== VERSION) throw unreadable();
  try {
    const configuration = bytes.length === HEADER_BYTES ? null : decodeConfiguration(bytes.subarray(HEADER_BYTES));
    return { replica: bytes.readUInt32LE(2), isWitness: (bytes.readUInt8(1) & IS_WITNESS) !== 0, configuration };
  } catch (error) {
    if (error instanceof ConfigurationError) throw unreadable(error);
    throw error;
  }
}
