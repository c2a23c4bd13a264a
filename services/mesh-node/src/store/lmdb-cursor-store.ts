import type { CursorStore } from '../data/ports.ts';
import { checked, corrupt, RECORD_HEADER_BYTES, readNumber, seal, writeNumber } from './record.ts';
import type { Volume } from './volume.ts';
import type { Table, Writes } from './writes.ts';

/** Characters of a name, so that it fits into a key. */
const NAME_MAX = 600;

/** Positions of consumers in a volume; all of them are in memory. */
export class LmdbCursorStore implements CursorStore {
  readonly #volume: Volume;
  readonly #table: Table;
  readonly #positions = new Map<string, number>();
  readonly #changed = new Set<string>();

  /** @throws StorageError `corrupt` for a position that is damaged: one that is made up would lose or repeat records */
  constructor(volume: Volume) {
    this.#volume = volume;
    this.#table = volume.table('cursors');
    for (const { key, value } of this.#table.getRange()) {
      const name = Buffer.from(key).toString();
      this.#positions.set(name, decode(value, name));
    }
  }

  get(name: string): number | null {
    return this.#positions.get(name) ?? null;
  }

  set(name: string, position: number | null): void {
    if (name.length === 0 || name.length > NAME_MAX) throw new RangeError(`a name has 1 to ${NAME_MAX} characters`);
    if (position === null) this.#positions.delete(name);
    else this.#positions.set(name, position);
    this.#changed.add(name);
  }

  *all(prefix: string): Iterable<readonly [name: string, position: number]> {
    for (const one of this.#positions) if (one[0].startsWith(prefix)) yield one;
  }

  flush(): Promise<void> {
    if (this.#changed.size === 0) return Promise.resolve();
    return this.#volume.commit((writes) => {
      for (const name of this.#changed) this.#write(writes, name);
      this.#changed.clear();
    });
  }

  #write(writes: Writes, name: string): void {
    const position = this.#positions.get(name);
    const key = Buffer.from(name);
    if (position === undefined) return writes.remove(this.#table, key);
    const record = writes.allocate(RECORD_HEADER_BYTES + 8 + key.length);
    writeNumber(record, position, RECORD_HEADER_BYTES);
    record.set(key, RECORD_HEADER_BYTES + 8);
    seal(record);
    writes.put(this.#table, key, record);
  }
}

function decode(record: Buffer, name: string): number {
  const about = () => ({ name: `the cursor ${name}` });
  checked(record, 9, about);
  if (record.toString('utf8', RECORD_HEADER_BYTES + 8) !== name) throw corrupt(about(), 'another is there');
  return readNumber(record, RECORD_HEADER_BYTES);
}
