import { type StableStore, StorageError } from '@peermesh/consensus';
import { checked, RECORD_HEADER_BYTES, seal } from './record.ts';
import type { Volume } from './volume.ts';
import type { Table } from './writes.ts';

/** Small records by key in a volume. */
export class LmdbStableStore implements StableStore {
  readonly #volume: Volume;
  readonly #table: Table;
  /** Accepted and not flushed. */
  readonly #unflushed = new Map<string, { readonly value: Uint8Array | null }>();
  #isClosed = false;

  constructor(volume: Volume) {
    this.#volume = volume;
    this.#table = volume.table('stable');
  }

  get volumeId(): string {
    return this.#volume.identity.volumeId;
  }

  get(key: string): Uint8Array | null {
    const accepted = this.#unflushed.get(key);
    if (accepted !== undefined) return accepted.value;
    const record = this.#table.get(Buffer.from(key, 'ascii'));
    if (record === undefined) return null;
    // The key is inside, so that a record in another's place is seen.
    const name = () => ({ name: `record ${key}` });
    const body = checked(record, key.length + 1, name).subarray(RECORD_HEADER_BYTES);
    if (body.toString('ascii', 1, 1 + key.length) !== key || body[0] !== key.length)
      throw new StorageError('corrupt', `record ${key} is corrupt: another is there`);
    return body.subarray(1 + key.length);
  }

  async set(key: string, value: Uint8Array | null): Promise<void> {
    if (this.#isClosed) throw new StorageError('closed', 'the stable store is closed');
    if (key.length === 0 || key.length > 200) throw new RangeError('a key has 1 to 200 characters');
    const accepted = { value: value === null ? null : Uint8Array.prototype.slice.call(value) };
    this.#unflushed.set(key, accepted);
    const name = Buffer.from(key, 'ascii');
    await this.#volume.commit((writes) => {
      if (accepted.value === null) return writes.remove(this.#table, name);
      const record = writes.allocate(RECORD_HEADER_BYTES + 1 + name.length + accepted.value.length);
      record[RECORD_HEADER_BYTES] = name.length;
      record.set(name, RECORD_HEADER_BYTES + 1);
      record.set(accepted.value, RECORD_HEADER_BYTES + 1 + name.length);
      seal(record);
      writes.put(this.#table, name, record);
    });
    if (this.#unflushed.get(key) === accepted) this.#unflushed.delete(key);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#volume.failure === null) await this.#volume.durable().catch(() => undefined);
  }
}
