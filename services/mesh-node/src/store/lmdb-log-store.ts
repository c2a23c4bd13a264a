import {
  type Entry,
  type GroupId,
  type HardState,
  type LogRange,
  type LogStore,
  type LogWrite,
  StorageError,
} from '@peermesh/consensus';
import { RaftLog } from './raft-log.ts';
import { cutRun, decodeRun, encodeRun, entriesOfRun, type Run } from './raft-run-record.ts';
import { decodeState, encodeState } from './raft-state-record.ts';
import { keyOf, readNumber } from './record.ts';
import type { Volume } from './volume.ts';
import type { Fill, Table, Writes } from './writes.ts';

/** Runs that one write removes of those that may come back after a crash: no other write waits long for it. */
const SWEEP_MAX = 128;

/**
 * The logs of all groups of a node in a volume: every append of any group in the same moment is one durable write, in which the
 * entries of a group are one record.
 */
export class LmdbLogStore implements LogStore {
  readonly #volume: Volume;
  readonly #runs: Table;
  readonly #states: Table;
  readonly #logs = new Map<GroupId, RaftLog>();
  #isClosed = false;
  #underWay: Promise<unknown> = Promise.resolve();

  /** @throws StorageError `corrupt`, with the group, and the index when it is an entry: the first and last of each are read */
  constructor(volume: Volume) {
    this.#volume = volume;
    this.#runs = volume.table('raft-entries');
    this.#states = volume.table('raft-states');
    for (const { key, value } of this.#states.getRange()) this.#load(Buffer.from(key).readUInt32BE(0), value);
  }

  append(batch: readonly LogWrite[]): Promise<void> {
    const refused = this.#refusal();
    if (refused !== null) return Promise.reject(refused);
    const written: { log: RaftLog; run: Run }[] = [];
    const fills: Fill[] = [];
    try {
      for (const write of batch) fills.push(this.#accept(write, written));
    } catch (error) {
      this.#isClosed = true;
      return Promise.reject(error);
    }
    return this.#write((writes) => {
      for (const fill of fills) fill(writes);
    }).then(() => {
      for (const { log, run } of written) log.flushed(run);
      for (const { group, restartAfter } of batch) {
        const log = this.#logs.get(group);
        // A sweep that fails ends the volume, which every later call says.
        if (restartAfter !== null && log !== undefined) this.#sweep(log).catch(() => undefined);
      }
    });
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
    let bytes = 0;
    for (let next = Math.max(from, log?.first ?? 1); log !== undefined && next <= log.last; ) {
      for (const entry of entriesOfRun(this.#runOf(log, next), next)) {
        bytes += entry.data.length;
        if (bytes > bytesMax && found.length > 0) return found;
        found.push(entry);
        next = entry.index + 1;
      }
    }
    return found;
  }

  hardState(group: GroupId): HardState | null {
    return this.#logs.get(group)?.hardState ?? null;
  }

  async compact(group: GroupId, index: number): Promise<void> {
    const log = this.#logs.get(group);
    if (log === undefined || index < log.first) return;
    log.first = Math.min(index, log.last) + 1;
    await this.#sweep(log);
  }

  groups(): GroupId[] {
    return [...this.#logs.keys()];
  }

  async remove(group: GroupId): Promise<void> {
    const log = this.#logs.get(group);
    if (log === undefined) return;
    this.#logs.delete(group);
    await this.#write((writes) => {
      writes.remove(this.#states, groupKey(group));
      this.#removeRuns(writes, group, log.starts);
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#underWay;
  }

  #load(group: GroupId, record: Buffer): void {
    const log = new RaftLog(group);
    ({ hardState: log.hardState, first: log.first } = decodeState(record, group));
    const range = { start: keyOf(group, 0), end: keyOf(group, Number.MAX_SAFE_INTEGER) };
    for (const key of this.#runs.getKeys(range)) log.starts.push(readNumber(Buffer.from(key), 4));
    const newest = log.starts.at(-1);
    log.last = newest === undefined ? 0 : this.#readRun(group, newest).last;
    log.last = Math.max(log.last, log.first - 1);
    this.#logs.set(group, log);
    for (const index of log.last < log.first ? [] : [log.first, log.last])
      entriesOfRun(this.#runOf(log, index), index).next();
  }

  /** Changes what is accepted, and says how the disk follows. */
  #accept({ group, hardState, restartAfter, entries }: LogWrite, written: { log: RaftLog; run: Run }[]): Fill {
    const isNew = !this.#logs.has(group);
    const log = this.#logs.get(group) ?? new RaftLog(group);
    this.#logs.set(group, log);
    const firstBefore = log.first;
    const dropped: number[] = [];
    const runs: Run[] = [];
    if (hardState !== null) log.hardState = hardState;
    if (restartAfter !== null) {
      const place = log.runAt(restartAfter);
      const reaches = place >= 0 && (log.starts[place + 1] ?? log.last + 1) > restartAfter + 1;
      dropped.push(...log.dropFrom(reaches ? place : place + 1));
      log.first = restartAfter + 1;
      log.last = restartAfter;
    }
    const [head] = entries;
    if (head !== undefined) {
      if (log.last < log.first || head.index < log.first) log.first = head.index;
      else if (head.index > log.last + 1) throw gap(group, head.index);
      if (head.index <= log.last) this.#cut(log, head.index, dropped, runs);
      entries.forEach(({ index }, at) => {
        if (index !== head.index + at) throw gap(group, index);
      });
      runs.push(encodeRun(group, entries));
    }
    for (const run of runs) {
      log.add(run);
      written.push({ log, run });
    }
    const state = { hardState: log.hardState, first: log.first };
    const isStateNew = isNew || hardState !== null || log.first !== firstBefore;
    return (writes) => {
      if (isStateNew) writes.put(this.#states, groupKey(group), encodeState(writes, group, state));
      this.#removeRuns(writes, group, dropped);
      for (const { first, record } of runs) writes.put(this.#runs, keyOf(group, first), record);
    };
  }

  /** Drops everything from an index on; what is left of the run that it was in is written anew. */
  #cut(log: RaftLog, index: number, dropped: number[], runs: Run[]): void {
    const place = log.runAt(index - 1);
    const start = log.starts[place];
    const isIn = start !== undefined && (log.starts[place + 1] ?? log.last + 1) > index;
    if (isIn) runs.push(cutRun(this.#runOf(log, start), index));
    dropped.push(...log.dropFrom(isIn ? place : place + 1));
  }

  /** Removes what is forgotten, a little at a time. */
  async #sweep(log: RaftLog): Promise<void> {
    const { group } = log;
    do {
      await this.#write((writes) => {
        if (this.#logs.get(group) !== log) return;
        writes.put(this.#states, groupKey(group), encodeState(writes, group, log));
        this.#removeRuns(writes, group, log.takeStale(SWEEP_MAX));
      });
    } while (log.hasStale && this.#logs.get(group) === log);
  }

  #removeRuns(writes: Writes, group: GroupId, starts: readonly number[]): void {
    for (const start of starts) writes.remove(this.#runs, keyOf(group, start));
  }

  /** The run that an entry of the log is in. @throws StorageError `corrupt` */
  #runOf(log: RaftLog, index: number): Run {
    const start = log.starts[log.runAt(index)];
    if (start === undefined) throw gap(log.group, index);
    const run = log.unflushed.get(start) ?? this.#readRun(log.group, start);
    if (run.last < index) throw gap(log.group, index);
    return run;
  }

  #readRun(group: GroupId, start: number): Run {
    return decodeRun(this.#runs.get(keyOf(group, start)), group, start);
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

function groupKey(group: GroupId): Buffer {
  const key = Buffer.alloc(4);
  key.writeUInt32BE(group);
  return key;
}

function gap(group: GroupId, index: number): StorageError {
  return new StorageError('corrupt', `group ${group} has no entry before ${index}`, { group, index });
}
