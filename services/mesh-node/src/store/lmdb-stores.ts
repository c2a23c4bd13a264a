import type { Stores } from '@peermesh/consensus';
import { LmdbLogStore } from './lmdb-log-store.ts';
import { LmdbSnapshotStore } from './lmdb-snapshot-store.ts';
import { LmdbStableStore } from './lmdb-stable-store.ts';
import type { Volume } from './volume.ts';

/** Everything that the replicas on this node keep, and what they left of unfinished snapshots removed. */
export async function openLmdbStores(volume: Volume): Promise<Stores> {
  const snapshots = new LmdbSnapshotStore(volume);
  await snapshots.sweep();
  return { log: new LmdbLogStore(volume), stable: new LmdbStableStore(volume), snapshots };
}
