import { MemoryLogStore } from './memory-log-store.ts';
import { MemorySnapshotStore } from './memory-snapshot-store.ts';
import { MemoryStableStore } from './memory-stable-store.ts';
import type { MemoryVolume } from './memory-volume.ts';

/** All stores on one volume. */
export interface MemoryStores {
  readonly log: MemoryLogStore;
  readonly stable: MemoryStableStore;
  readonly snapshots: MemorySnapshotStore;
}

/** Opens what is durable on a volume. Open them once at a time: after a crash, or when the former ones are closed. */
export function openMemoryStores(volume: MemoryVolume): MemoryStores {
  return {
    log: new MemoryLogStore(volume),
    stable: new MemoryStableStore(volume),
    snapshots: new MemorySnapshotStore(volume),
  };
}
