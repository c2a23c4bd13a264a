import { crc32 } from 'node:zlib';
import type { Entry, HardState } from '../entry.ts';
import type { GroupId, LogRange, LogStore, LogWrite } from '../ports/log-store.ts';
import { StorageError } from '../ports/storage-error.ts';
import type { MemoryVolume } from './memory-volume.ts';

interface StoredEntry {
  readonly entry: Entry;
  readonly checksum: number;
}

interface StoredLog {
  first: number;
  entries: StoredEntry[];
  hardState: HardState | null;
}

type Logs = Map<GroupId, StoredLog>;

/** What is durable on a volume; the open store has its own view, which is ahead of it. */
const durableLogs = new WeakMap<MemoryVolume, Logs>();

/** The logs of all groups of a node in memory, on a volume that outlives it. */
export class MemoryLogStore implements LogStore {
  readonly #volume: MemoryVolume;
  readonly #life: number;
  readonly #durable: Logs;
  readonly #logs: Logs;
  readonly #underWay = new Set<Promise<void>>();
  #broken: StorageError | null = null;

  constructor(volume: MemoryVolume) {
    this.#volume = volume;
    this.#life = volume.life;
    this.#durable = durableLogs.get(volume) ?? new Map();
    durableLogs.set(volume, this.#durable);
    this.#logs = structuredClone(this.#durable);
  }

  append(batch: readonly LogWrite[]): Promise<void> {
    return this.#write((logs) => {
      for (const write of batch) applyTo(logs, write);
    });
  }

  range(group: GroupId): LogRange | null {
    const log = this.#logs.get(group);
    if (log === undefined || log.entries.length === 0) return null;
    return { first: log.first, last: log.first + log.entries.length - 1 };
  }

  read(group: GroupId, from: number, bytesMax: number): Entry[] {
    if (this.#broken?.fault === 'closed') throw this.#broken;
    const log = this.#logs.get(group);
    const found: Entry[] = [];
    if (log === undefined) return found;
    let bytes = 0;
    for (let at = Math.max(0, from - log.first); at < log.entries.length; at += 1) {
      const { entry, checksum } = log.entries[at] as StoredEntry;
      bytes += entry.data.length;
      if (bytes > bytesMax && found.length > 0) break;
      if (crc32(entry.data) !== checksum) {
        const { index } = entry;
        throw new StorageError('corrupt', `entry ${index} of group ${group} is damaged`, { group, index });
      }
      found.push(entry);
    }
    return found;
  }

  hardState(group: GroupId): HardState | null {
    return this.#logs.get(group)?.hardState ?? null;
  }

  compact(group: GroupId, index: number): Promise<void> {
    return this.#write((logs) => {
      const log = logs.get(group);
      if (log === undefined || index < log.first) return;
      log.entries = log.entries.slice(index - log.first + 1);
      log.first = index + 1;
    });
  }

  groups(): GroupId[] {
    return [...this.#logs.keys()];
  }

  remove(group: GroupId): Promise<void> {
    return this.#write((logs) => logs.delete(group));
  }

  async close(): Promise<void> {
    this.#broken ??= new StorageError('closed', 'the log store is closed');
    await Promise.allSettled(this.#underWay);
  }

  /** Flips a bit of a durable entry, as a failing disk does; stores that are opened later find it. */
  damage(group: GroupId, index: number): void {
    const log = this.#durable.get(group);
    const data = log?.entries[index - log.first]?.entry.data;
    if (data === undefined || data.length === 0) throw new RangeError(`group ${group} has no data at ${index}`);
    data[0] = (data[0] as number) ^ 1;
  }

  #write(change: (logs: Logs) => void): Promise<void> {
    if (this.#broken !== null) return Promise.reject(this.#broken);
    try {
      change(this.#logs);
    } catch (error) {
      this.#broken = error as StorageError;
      return Promise.reject(this.#broken);
    }
    const written = this.#volume.write(this.#life, () => change(this.#durable));
    this.#underWay.add(written);
    return written.then(
      () => void this.#underWay.delete(written),
      (error: StorageError) => {
        this.#underWay.delete(written);
        this.#broken ??= error;
        throw error;
      },
    );
  }
}

function applyTo(logs: Logs, { group, hardState, restartAfter, entries }: LogWrite): void {
  const log = logs.get(group) ?? { first: 1, entries: [], hardState: null };
  logs.set(group, log);
  if (hardState !== null) log.hardState = hardState;
  if (restartAfter !== null) {
    log.entries = [];
    log.first = restartAfter + 1;
  }
  const [first] = entries;
  if (first === undefined) return;
  if (log.entries.length === 0) log.first = first.index;
  if (first.index < log.first) {
    log.entries = [];
    log.first = first.index;
  }
  const keep = first.index - log.first;
  if (keep > log.entries.length)
    throw new StorageError('corrupt', `group ${group} has no entry before ${first.index}`, {
      group,
      index: first.index,
    });
  log.entries.length = keep;
  for (const entry of entries)
    log.entries.push({ entry: { ...entry, data: entry.data.slice() }, checksum: crc32(entry.data) });
}
