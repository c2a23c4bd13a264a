import { crc32 } from 'node:zlib';
import type { GroupId } from '../ports/log-store.ts';
import type { SnapshotStore } from '../ports/snapshot-store.ts';
import { StorageError } from '../ports/storage-error.ts';
import { memorySnapshot, type Snapshot, type SnapshotMeta, type SnapshotSource } from '../snapshot.ts';
import type { MemoryVolume } from './memory-volume.ts';

interface StoredSnapshot {
  readonly snapshot: Snapshot;
  readonly checksum: number;
}

const durableSnapshots = new WeakMap<MemoryVolume, Map<GroupId, StoredSnapshot>>();

/** The newest snapshot of each group in memory, on a volume that outlives it. */
export class MemorySnapshotStore implements SnapshotStore {
  readonly #volume: MemoryVolume;
  readonly #life: number;
  readonly #durable: Map<GroupId, StoredSnapshot>;
  #isClosed = false;

  constructor(volume: MemoryVolume) {
    this.#volume = volume;
    this.#life = volume.life;
    this.#durable = durableSnapshots.get(volume) ?? new Map();
    durableSnapshots.set(volume, this.#durable);
  }

  async save(group: GroupId, meta: SnapshotMeta, pieces: Iterable<Uint8Array>): Promise<SnapshotSource> {
    this.#checkOpen();
    const data = new Uint8Array(Buffer.concat([...pieces]));
    const { index, term, configuration } = meta;
    const snapshot = { index, term, configuration, data };
    await this.#volume.write(this.#life, () => this.#durable.set(group, { snapshot, checksum: crc32(data) }));
    return memorySnapshot(snapshot);
  }

  newest(group: GroupId): SnapshotSource | null {
    this.#checkOpen();
    const stored = this.#durable.get(group);
    if (stored === undefined) return null;
    const { snapshot, checksum } = stored;
    const { index } = snapshot;
    if (crc32(snapshot.data) !== checksum)
      throw new StorageError('corrupt', `snapshot ${index} of group ${group} is damaged`, { group, index });
    return memorySnapshot(snapshot);
  }

  remove(group: GroupId): Promise<void> {
    if (this.#isClosed) return Promise.reject(new StorageError('closed', 'the snapshot store is closed'));
    return this.#volume.write(this.#life, () => this.#durable.delete(group));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  /** Flips a bit of the newest snapshot, as a failing disk does. */
  damage(group: GroupId): void {
    const data = this.#durable.get(group)?.snapshot.data;
    if (data === undefined || data.length === 0) throw new RangeError(`group ${group} has no snapshot with data`);
    data[0] = (data[0] as number) ^ 1;
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new StorageError('closed', 'the snapshot store is closed');
  }
}
