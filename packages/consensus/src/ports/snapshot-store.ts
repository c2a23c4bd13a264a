import type { SnapshotMeta, SnapshotSource } from '../snapshot.ts';
import type { GroupId } from './log-store.ts';

/** The newest snapshot of each group (HashiCorp Raft's SnapshotStore). */
export interface SnapshotStore {
  /**
   * Keeps a snapshot in place of the group's older ones. Resolves when it is flushed; after a crash there is the old one or the
   * new one, whole. Pieces are pulled one by one, some time between the call and its end: they show one state. The source that
   * is resolved with stays readable until it is replaced twice, so that transfers under way can end.
   */
  save(group: GroupId, meta: SnapshotMeta, pieces: Iterable<Uint8Array>): Promise<SnapshotSource>;
  /**
   * The newest one, or null. Reading it checks it.
   * @throws StorageError `corrupt` for a snapshot that does not have its checksum, here or from `read` of the source
   */
  newest(group: GroupId): SnapshotSource | null;
  /** Forgets the snapshots of a group, durably. */
  remove(group: GroupId): Promise<void>;
  close(): Promise<void>;
}
