import type { LogStore } from './log-store.ts';
import type { SnapshotStore } from './snapshot-store.ts';
import type { StableStore } from './stable-store.ts';

/** Everything that replicas on one node keep. */
export interface Stores {
  readonly log: LogStore;
  readonly stable: StableStore;
  readonly snapshots: SnapshotStore;
}
