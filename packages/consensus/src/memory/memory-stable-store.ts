import { crc32 } from 'node:zlib';
import type { StableStore } from '../ports/stable-store.ts';
import { StorageError } from '../ports/storage-error.ts';
import type { MemoryVolume } from './memory-volume.ts';

interface StoredRecord {
  readonly value: Uint8Array;
  readonly checksum: number;
}

type Records = Map<string, StoredRecord>;

const durableRecords = new WeakMap<MemoryVolume, Records>();

/** Small records in memory, on a volume that outlives it. */
export class MemoryStableStore implements StableStore {
  readonly #volume: MemoryVolume;
  readonly #life: number;
  readonly #durable: Records;
  readonly #records: Records;
  #isClosed = false;

  constructor(volume: MemoryVolume) {
    this.#volume = volume;
    this.#life = volume.life;
    this.#durable = durableRecords.get(volume) ?? new Map();
    durableRecords.set(volume, this.#durable);
    this.#records = new Map(this.#durable);
  }

  get volumeId(): string {
    return this.#volume.id;
  }

  get(key: string): Uint8Array | null {
    const record = this.#records.get(key);
    if (record === undefined) return null;
    if (crc32(record.value) !== record.checksum) throw new StorageError('corrupt', `record ${key} is damaged`);
    return record.value;
  }

  set(key: string, value: Uint8Array | null): Promise<void> {
    if (this.#isClosed) return Promise.reject(new StorageError('closed', 'the stable store is closed'));
    const record = value === null ? null : { value: value.slice(), checksum: crc32(value) };
    put(this.#records, key, record);
    return this.#volume.write(this.#life, () => put(this.#durable, key, record));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  /** Flips a bit of a durable record, as a failing disk does. */
  damage(key: string): void {
    const value = this.#durable.get(key)?.value;
    if (value === undefined || value.length === 0) throw new RangeError(`no record ${key} with data`);
    value[0] = (value[0] as number) ^ 1;
  }
}

function put(records: Records, key: string, record: StoredRecord | null): void {
  if (record === null) records.delete(key);
  else records.set(key, record);
}
