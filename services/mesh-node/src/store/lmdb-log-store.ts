import {
  type Entry,
  type GroupId,
  type HardState,
  type LogRange,
  type LogStore,
  type LogWrite,
  StorageError,
} from '@peermesh/consensus';
import { decodeEntry, decodeState, encodeEntry, encodeState } from './raft-entry-record.ts';
import { KEY_BYTES, keyOf, readNumber } from './record.ts';
import type { Volume } from './volume.ts';
import type { Fill, Table, Writes } from './writes.ts';

/** What was accepted of a group; entries that are not flushed are in memory. */
interface Log {
  hardState: HardState | null;
  first: number;
  /** `first - 1` when there are no entries. */
  last: number;
  /** Forgotten entries that are still on the disk; none when `staleFrom` is above `staleTo`. */
  staleFrom: number;
  staleTo: number;
  readonly unflushed: Map<number, Entry>;
}

/** Entries that one write removes of those that may come back after a crash. */
const SWEEP_MAX = 4096;

/** The logs of all groups of a node in a volume: every append of any group in the same moment is one durable write. */
export class LmdbLogStore implements LogStore {
  readonly #volume: Volume;
  readonly #entries: Table;
  readonly #states: Table;
  readonly #logs = new Map<GroupId, Log>();
  readonly #key = Buffer.alloc(KEY_BYTES);
  #isClosed = false;
  #underWay: Promise<unknown> = Promise.resolve();

  /** @throws StorageError `corrupt`, with the group, and the index when it is an entry: the first and last of each are read */
  constructor(volume: Volume) {
    this.#volume = volume;
    this.#entries = volume.table('raft-entries');
    this.#states = volume.table('raft-states');
    for (const { key, value } of this.#states.getRange()) this.#load(Buffer.from(key).readUInt32BE(0), value);
  }

  append(batch: readonly LogWrite[]): Promise<void> {
    const refused = this.#refusal();
    if (refused !== null) return Promise.reject(refused);
    const copies: Entry[] = [];
    const fills: Fill[] = [];
    try {
      for (const write of batch) fills.push(this.#accept(write, copies));
    } catch (error) {
      this.#isClosed = true;
      return Promise.reject(error);
    }
    const done = (): void => this.#flushed(batch, copies);
    return this.#write((writes) => fills.forEach((fill) => fill(writes))).then(done);
  }

  range(group: GroupId): LogRange | null {
    const log = this.#logs.get(group);
    return log === undefined || log.last < log.first ? null : { first: log.first, last: log.last };
  }

  read(group: GroupId, from: number, bytesMax: number): Entry[] {
    const refused = this.#refusal();
    if (refused !== null && refused.fault === 'closed') throw refused;
    const log = this.#logs.get(group);
    const found: Entry[] = [];
    if (log === undefined) return found;
    let bytes = 0;
    for (let index = Math.max(from, log.first); index <= log.last; index += 1) {
      const entry = log.unflushed.get(index) ?? this.#readEntry(group, index);
      bytes += entry.data.length;
      if (bytes > bytesMax && found.length > 0) break;
      found.push(entry);
    }
    return found;
  }

  hardState(group: GroupId): HardState | null {
    return this.#logs.get(group)?.hardState ?? null;
  }

  async compact(group: GroupId, index: number): Promise<void> {
    const log = this.#logs.get(group);
    if (log === undefined || index < log.first) return;
    const { first } = log;
    log.first = Math.min(index, log.last) + 1;
    stale(log, first, log.first - 1);
    for (const at of log.unflushed.keys()) if (at < log.first) log.unflushed.delete(at);
    await this.#sweep(group, log);
  }

  groups(): GroupId[] {
    return [...this.#logs.keys()];
  }

  async remove(group: GroupId): Promise<void> {
    const log = this.#logs.get(group);
    if (log === undefined) return;
    this.#logs.delete(group);
    const { first, last, staleFrom, staleTo } = log;
    await this.#write((writes) => {
      writes.remove(this.#states, groupKey(group));
      this.#removeEntries(writes, group, staleFrom, staleTo);
      this.#removeEntries(writes, group, first, last);
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#underWay;
  }

  #load(group: GroupId, record: Buffer): void {
    const { hardState, first } = decodeState(record, group);
    const last = this.#newestBelow(group, Number.MAX_SAFE_INTEGER, first) ?? first - 1;
    const staleTo = this.#newestBelow(group, first - 1, 0) ?? 0;
    const log: Log = { hardState, first, last, staleFrom: 1, staleTo, unflushed: new Map() };
    if (staleTo > 0) log.staleFrom = this.#oldest(group) ?? 1;
    this.#logs.set(group, log);
    if (last < first) return;
    this.#readEntry(group, first);
    this.#readEntry(group, last);
  }

  /** Changes what is accepted, and says how the disk follows. */
  #accept({ group, hardState, restartAfter, entries }: LogWrite, copies: Entry[]): Fill {
    const isNew = !this.#logs.has(group);
    const log = this.#logs.get(group) ?? newLog();
    this.#logs.set(group, log);
    const oldLast = log.last;
    const firstBefore = log.first;
    if (hardState !== null) log.hardState = hardState;
    if (restartAfter !== null) {
      log.first = restartAfter + 1;
      log.last = restartAfter;
    }
    const [head] = entries;
    if (head !== undefined) {
      if (log.last < log.first || head.index < log.first) log.first = head.index;
      else if (head.index > log.last + 1) throw gap(group, head.index);
      log.last = head.index - 1;
    }
    if (restartAfter !== null || head !== undefined)
      for (const at of log.unflushed.keys()) if (at < log.first || at > log.last) log.unflushed.delete(at);
    const from = copies.length;
    for (const entry of entries) {
      if (entry.index !== log.last + 1) throw gap(group, entry.index);
      const copy = { ...entry, data: Uint8Array.prototype.slice.call(entry.data) };
      copies.push(copy);
      log.unflushed.set(copy.index, copy);
      log.last = copy.index;
    }
    stale(log, firstBefore, Math.min(oldLast, log.first - 1));
    const to = copies.length;
    const state = { hardState: log.hardState, first: log.first };
    const isStateNew = isNew || hardState !== null || log.first !== firstBefore;
    const replacedFrom = Math.max(log.last + 1, log.first);
    return (writes) => {
      if (isStateNew) writes.put(this.#states, groupKey(group), encodeState(writes, group, state));
      this.#removeEntries(writes, group, replacedFrom, oldLast);
      for (let at = from; at < to; at += 1) {
        const entry = copies[at] as Entry;
        writes.put(this.#entries, entryKey(writes, group, entry.index), encodeEntry(writes, group, entry));
      }
    };
  }

  #flushed(batch: readonly LogWrite[], copies: readonly Entry[]): void {
    let at = 0;
    for (const { group, entries, restartAfter } of batch) {
      const log = this.#logs.get(group);
      for (let n = 0; n < entries.length; n += 1) {
        const entry = copies[at] as Entry;
        if (log?.unflushed.get(entry.index) === entry) log.unflushed.delete(entry.index);
        at += 1;
      }
      // A sweep that fails ends the volume, which every later call says.
      if (restartAfter !== null && log !== undefined) this.#sweep(group, log).catch(() => undefined);
    }
  }

  /** Removes what is forgotten, a few at a time so that no other write waits long. */
  async #sweep(group: GroupId, log: Log): Promise<void> {
    do {
      await this.#write((writes) => {
        if (this.#logs.get(group) !== log) return;
        writes.put(this.#states, groupKey(group), encodeState(writes, group, log));
        const to = Math.min(log.staleTo, log.staleFrom + SWEEP_MAX - 1);
        this.#removeEntries(writes, group, log.staleFrom, to);
        log.staleFrom = Math.max(log.staleFrom, to + 1);
      });
    } while (log.staleFrom <= log.staleTo && this.#logs.get(group) === log);
  }

  #removeEntries(writes: Writes, group: GroupId, from: number, to: number): void {
    for (let index = from; index <= to; index += 1) writes.remove(this.#entries, entryKey(writes, group, index));
  }

  #oldest(group: GroupId): number | undefined {
    const range = { start: keyOf(group, 0), end: keyOf(group, Number.MAX_SAFE_INTEGER), limit: 1 };
    for (const key of this.#entries.getKeys(range)) return readNumber(Buffer.from(key), 4);
    return undefined;
  }

  /** The newest entry that is on the disk between two indexes, both included. */
  #newestBelow(group: GroupId, index: number, from: number): number | undefined {
    const range = { start: keyOf(group, index), end: keyOf(group, from), inclusiveEnd: true, reverse: true, limit: 1 };
    for (const key of this.#entries.getKeys(range)) return readNumber(Buffer.from(key), 4);
    return undefined;
  }

  #readEntry(group: GroupId, index: number): Entry {
    return decodeEntry(this.#entries.get(keyOf(group, index, this.#key)), group, index);
  }

  #refusal(): StorageError | null {
    if (this.#volume.failure !== null) return this.#volume.failure;
    return this.#isClosed ? new StorageError('closed', 'the log store is closed') : null;
  }

  #write(fill: Fill): Promise<void> {
    const refused = this.#refusal();
    if (refused !== null) return Promise.reject(refused);
    const written = this.#volume.commit(fill);
    this.#underWay = written.catch(() => undefined);
    return written;
  }
}

function newLog(): Log {
  return { hardState: null, first: 1, last: 0, staleFrom: 1, staleTo: 0, unflushed: new Map() };
}

/** Entries from `from` to `to` are forgotten and still on the disk. */
function stale(log: Log, from: number, to: number): void {
  if (to < from) return;
  log.staleFrom = log.staleFrom > log.staleTo ? from : Math.min(log.staleFrom, from);
  log.staleTo = Math.max(log.staleTo, to);
}

function groupKey(group: GroupId): Buffer {
  const key = Buffer.alloc(4);
  key.writeUInt32BE(group);
  return key;
}

function entryKey(writes: Writes, group: GroupId, index: number): Buffer {
  return keyOf(group, index, writes.allocate(KEY_BYTES));
}

function gap(group: GroupId, index: number): StorageError {
  return new StorageError('corrupt', `group ${group} has no entry before ${index}`, { group, index });
}
