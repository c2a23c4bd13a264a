import type { Entry, HardState, ReplicaId } from '../entry.ts';
import type { GroupStart } from '../host/group-host.ts';
import type { GroupId, LogRange } from '../ports/log-store.ts';
import { StorageError } from '../ports/storage-error.ts';
import type { Stores } from '../ports/stores.ts';
import type { SnapshotSource } from '../snapshot.ts';
import { readReplicaRecord } from './replica-record.ts';

const READ_BYTES = 4 * 1024 * 1024;
const NO_STATE: HardState = { term: 0, vote: 0, commit: 0 };

/**
 * Why a replica must not start. `lost-volume`: it lived on another volume, or on this one before it was wiped; started under its
 * old id it could vote twice or forget what it acknowledged (nats-server#7038). `other-replica`: another one lives here.
 * `exists`: it is to be created and is there already.
 */
export type ReplicaRefusal = 'lost-volume' | 'other-replica' | 'exists';

/** A replica must not start; an operator adds the node under a new id and removes the old one. */
export class ReplicaRefusedError extends Error {
  override readonly name = 'ReplicaRefusedError';
  readonly reason: ReplicaRefusal;
  readonly group: GroupId;

  constructor(reason: ReplicaRefusal, group: GroupId, message: string) {
    super(message);
    this.reason = reason;
    this.group = group;
  }
}

/** What a volume holds of a replica. */
export interface RecoveredReplica {
  readonly start: GroupStart;
  readonly source: SnapshotSource | null;
  readonly isWitness: boolean;
}

/**
 * Reads what is durable of a replica and makes sure that it is: after a kill, what is read back may not be flushed yet.
 * @param volumeId where the replica was created, as somebody remembers who is not on that volume; null when nobody does
 * @throws ReplicaRefusedError, StorageError
 */
export async function recoverReplica(
  stores: Stores,
  group: GroupId,
  identity: { readonly replica: ReplicaId; readonly volumeId: string | null },
): Promise<RecoveredReplica> {
  const record = readReplicaRecord(stores.stable, group);
  const { volumeId } = stores.stable;
  const isOther = identity.volumeId !== null && identity.volumeId !== volumeId;
  if (record === null || isOther)
    throw new ReplicaRefusedError(
      'lost-volume',
      group,
      `replica ${identity.replica} of group ${group} lived on volume ${identity.volumeId ?? 'that is gone'}, this is ${volumeId}`,
    );
  if (record.replica !== identity.replica)
    throw new ReplicaRefusedError(
      'other-replica',
      group,
      `replica ${record.replica} of group ${group} lives here, not ${identity.replica}`,
    );
  const source = stores.snapshots.newest(group);
  const hardState = stores.log.hardState(group) ?? NO_STATE;
  const entries = entriesBehind(stores, group, source);
  await stores.log.append([
    { group, hardState, restartAfter: entries === null ? (source?.index ?? 0) : null, entries: [] },
  ]);
  const { isWitness, configuration } = record;
  const first = configuration === null ? null : { index: 0, term: 0, configuration };
  const snapshot = source ?? first;
  return {
    source,
    isWitness,
    start: {
      isWitness,
      hardState,
      entries: entries ?? [],
      ...(snapshot === null ? {} : { snapshot }),
      ...(source === null ? {} : { source }),
    },
  };
}

/** The log behind the snapshot; null when a crash left a log that the snapshot has taken the place of. */
function entriesBehind({ log }: Stores, group: GroupId, source: SnapshotSource | null): Entry[] | null {
  const range = log.range(group);
  const after = source?.index ?? 0;
  if (range === null) return [];
  if (range.first > after + 1)
    throw new StorageError('corrupt', `entries ${after + 1} to ${range.first - 1} of group ${group} are missing`, {
      group,
      index: after + 1,
    });
  if (source !== null && !continues(range, source, () => log.read(group, source.index, 1)[0])) return null;
  const entries: Entry[] = [];
  for (let from = after + 1; from <= range.last; ) {
    const read = log.read(group, from, READ_BYTES);
    const last = read.at(-1);
    if (last === undefined || read[0]?.index !== from)
      throw new StorageError('corrupt', `entry ${from} of group ${group} is missing`, { group, index: from });
    entries.push(...read);
    from = last.index + 1;
  }
  return entries;
}

function continues({ first, last }: LogRange, source: SnapshotSource, entryAt: () => Entry | undefined): boolean {
  if (last < source.index) return false;
  return first > source.index || entryAt()?.term === source.term;
}
