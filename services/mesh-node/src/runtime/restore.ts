import type { Stores } from '@peermesh/consensus';
import type { Restored } from '@peermesh/mesh-core';
import { CONTROL_GROUP_ID } from '@peermesh/replication';

/** Key of the node's record among the small records of its disk. */
export const RECORD_KEY = 'mesh/record';

/**
 * What the disk holds of this node's mesh.
 * @throws StorageError `corrupt` when a record does not have its checksum
 */
export function restore({ log, stable, snapshots }: Stores): Restored {
  const source = snapshots.newest(CONTROL_GROUP_ID);
  const range = log.range(CONTROL_GROUP_ID);
  const from = Math.max(range?.first ?? 0, (source?.index ?? 0) + 1);
  return {
    record: stable.get(RECORD_KEY),
    hardState: log.hardState(CONTROL_GROUP_ID),
    snapshot:
      source === null
        ? null
        : {
            index: source.index,
            term: source.term,
            configuration: source.configuration,
            data: source.read(0, source.totalBytes),
          },
    entries: range === null || range.last < from ? [] : log.read(CONTROL_GROUP_ID, from, Number.MAX_SAFE_INTEGER),
  };
}
