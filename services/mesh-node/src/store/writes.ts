import type { Database } from 'lmdb';

/** A table of a volume: bytes under bytes. */
export type Table = Database<Buffer, Uint8Array>;

/** Says what to write. Called once, when the write begins. */
export type Fill = (writes: Writes) => void;

/** Room is taken in slabs that double: small writes, which are many, leave little behind for the garbage collector. */
const SLAB_BYTES_MIN = 4 * 1024;
const SLAB_BYTES_MAX = 256 * 1024;

/** What one durable write holds. Buffers that were handed over belong to it until the write is durable. */
export class Writes {
  readonly #tables: Table[] = [];
  readonly #keys: Uint8Array[] = [];
  readonly #values: (Uint8Array | null)[] = [];
  #slab = Buffer.alloc(0);
  #slabBytes = SLAB_BYTES_MIN;
  #bytes = 0;

  get count(): number {
    return this.#tables.length;
  }

  /** Bytes of keys and values. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Room for a key or a value; its bytes are not zeroed. */
  allocate(bytes: number): Buffer {
    if (bytes > this.#slabBytes) return Buffer.allocUnsafeSlow(bytes);
    if (bytes > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(this.#slabBytes);
      this.#slabBytes = Math.min(this.#slabBytes * 2, SLAB_BYTES_MAX);
    }
    const room = this.#slab.subarray(0, bytes);
    this.#slab = this.#slab.subarray(bytes);
    return room;
  }

  put(table: Table, key: Uint8Array, value: Uint8Array): void {
    this.#add(table, key, value);
  }

  remove(table: Table, key: Uint8Array): void {
    this.#add(table, key, null);
  }

  /** Forgets everything behind the first `count`. */
  rollback(count: number): void {
    this.#tables.length = count;
    this.#keys.length = count;
    this.#values.length = count;
  }

  /** Hands everything to the driver, in order. */
  replay(): void {
    for (let i = 0; i < this.#tables.length; i += 1) {
      const table = this.#tables[i] as Table;
      const value = this.#values[i] as Uint8Array | null;
      if (value === null) void table.remove(this.#keys[i] as Uint8Array);
      else void table.put(this.#keys[i] as Uint8Array, value as Buffer);
    }
  }

  #add(table: Table, key: Uint8Array, value: Uint8Array | null): void {
    this.#tables.push(table);
    this.#keys.push(key);
    this.#values.push(value);
    this.#bytes += key.length + (value?.length ?? 0);
  }
}
