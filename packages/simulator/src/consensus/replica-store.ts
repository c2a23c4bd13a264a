import { decodeRecords, encodeRecord } from '../disk/checksum.ts';
import type { DiskError, SimDisk } from '../disk/disk.ts';
import type { ObservedEntry } from './replica-log.ts';

/** Term, vote and commit index as a core wants them kept. */
export interface StoredState {
  readonly term: number;
  readonly vote: number;
  readonly commit: number;
}

/** A snapshot as bytes; `meta` is the configuration in the form of the core. */
export interface StoredSnapshot {
  readonly index: number;
  readonly term: number;
  readonly meta: string;
  readonly data: Uint8Array;
}

/** What a start finds on the disk. */
export type Recovered =
  | { readonly kind: 'empty' }
  | { readonly kind: 'damaged'; readonly reason: string }
  | {
      readonly kind: 'intact';
      readonly replica: number;
      readonly state: StoredState;
      readonly snapshot: StoredSnapshot | null;
      readonly entries: readonly ObservedEntry[];
    };

/** One line of the write-ahead log. */
interface WalRecord {
  readonly replica?: number;
  readonly volume?: number;
  readonly snapshot?: number;
  readonly state?: StoredState | undefined;
  readonly entries?: readonly (readonly [index: number, term: number, kind: number, data: string])[];
}

const WAL = 'wal';
const NEXT_WAL = 'wal.next';
const snapshotFile = (index: number): string => `snapshot-${index}`;

/**
 * Log, vote and snapshots of one replica in files: a write-ahead log of checked records that starts anew with each
 * snapshot. Writers wait for `done`; operations end in the order in which they were asked for.
 */
export class ReplicaStore {
  readonly #disk: SimDisk;
  #sequence = 0;
  #replica = 0;
  #snapshotIndex = 0;
  /** Why the log takes nothing more. */
  #failure: DiskError | null = null;

  constructor(disk: SimDisk) {
    this.#disk = disk;
  }

  recover(): Recovered {
    const files = this.#disk.files();
    if (!files.includes(WAL)) return files.length === 0 ? { kind: 'empty' } : { kind: 'damaged', reason: 'no log' };
    this.#disk.delete(NEXT_WAL);
    const file = this.#disk.read(WAL);
    const { payloads, validBytes, flaw } = decodeRecords(file);
    if (flaw === 'corrupt') return { kind: 'damaged', reason: `checksum of record ${payloads.length} of the log` };
    if (flaw === 'torn-tail') this.#disk.truncate(WAL, validBytes);
    const records = payloads.map((payload) => JSON.parse(Buffer.from(payload).toString()) as WalRecord);
    const [first] = records;
    if (first?.replica === undefined) return { kind: 'damaged', reason: 'no identity' };
    if (first.volume !== this.#disk.volume) return { kind: 'damaged', reason: 'the disk is a copy of an older one' };
    this.#sequence = payloads.length;
    return this.#replay(first.replica, records);
  }

  #replay(replica: number, records: readonly WalRecord[]): Recovered {
    let snapshotIndex = 0;
    let state: StoredState = { term: 0, vote: 0, commit: 0 };
    const entries: ObservedEntry[] = [];
    for (const record of records) {
      snapshotIndex = Math.max(snapshotIndex, record.snapshot ?? 0);
      state = record.state ?? state;
      for (const [index, term, kind, data] of record.entries ?? []) {
        const first = entries[0]?.index ?? index;
        entries.length = Math.max(0, Math.min(entries.length, index - first));
        entries.push({ index, term, kind, data: Buffer.from(data, 'latin1') });
      }
    }
    this.#replica = replica;
    this.#snapshotIndex = snapshotIndex;
    const snapshot = snapshotIndex === 0 ? null : this.#readSnapshot(snapshotIndex);
    if (snapshot === 'damaged') return { kind: 'damaged', reason: `snapshot ${snapshotIndex}` };
    return {
      kind: 'intact',
      replica,
      state,
      snapshot,
      entries: entries.filter(({ index }) => index > snapshotIndex),
    };
  }

  /** A new replica begins. @throws DiskError when the disk does not take it */
  initialize(replica: number): void {
    this.#replica = replica;
    this.#sequence = 0;
    this.#snapshotIndex = 0;
    this.#append(WAL, { replica, volume: this.#disk.volume });
    this.settle();
  }

  /** Makes what the start found durable, before anything is said that relies on it. */
  settle(): void {
    this.#disk.settle(WAL);
  }

  /**
   * Whoever writes to a disk hears first that it has failed: nothing is written behind a hole, also when the process has not been
   * told yet. @throws DiskError EIO or ENOSPC
   */
  write(
    state: StoredState | undefined,
    entries: readonly ObservedEntry[],
    done: (error: DiskError | null) => void,
  ): void {
    if (this.#failure !== null) throw this.#failure;
    this.#append(WAL, { state, entries: entries.map(packed) });
    this.#disk.fsync(WAL, (error) => {
      this.#failure ??= error;
      done(error);
    });
  }

  /** Keeps the snapshot and what follows it, and forgets the rest. The caller writes nothing else until it is done. */
  save(
    snapshot: StoredSnapshot,
    state: StoredState,
    following: readonly ObservedEntry[],
    done: (error: DiskError | null) => void,
  ): void {
    const file = snapshotFile(snapshot.index);
    const disk = this.#disk;
    const { index, term, meta, data } = snapshot;
    const header = Buffer.from(JSON.stringify({ index, term, meta }));
    disk.delete(file);
    disk.append(file, encodeRecord(0, header));
    disk.append(file, encodeRecord(1, data));
    disk.fsync(file, (error) => {
      if (error !== null) {
        done(error);
        return;
      }
      try {
        this.#startLog(index, state, following);
      } catch (cause) {
        done(cause as DiskError);
        return;
      }
      disk.fsync(NEXT_WAL, (failed) => {
        if (failed === null) this.#switchTo(index);
        done(failed);
      });
    });
  }

  #startLog(snapshot: number, state: StoredState, following: readonly ObservedEntry[]): void {
    this.#sequence = 0;
    this.#append(NEXT_WAL, { replica: this.#replica, volume: this.#disk.volume });
    this.#append(NEXT_WAL, { snapshot, state, entries: following.map(packed) });
  }

  #switchTo(snapshotIndex: number): void {
    this.#disk.replace(WAL, NEXT_WAL);
    if (this.#snapshotIndex !== snapshotIndex) this.#disk.delete(snapshotFile(this.#snapshotIndex));
    this.#snapshotIndex = snapshotIndex;
  }

  #readSnapshot(index: number): StoredSnapshot | 'damaged' {
    const { payloads, flaw } = decodeRecords(this.#disk.read(snapshotFile(index)));
    const [header, data] = payloads;
    if (flaw !== null || header === undefined || data === undefined) return 'damaged';
    return { ...(JSON.parse(Buffer.from(header).toString()) as Omit<StoredSnapshot, 'data'>), data };
  }

  #append(file: string, record: WalRecord): void {
    this.#disk.append(file, encodeRecord(this.#sequence, Buffer.from(JSON.stringify(record))));
    this.#sequence++;
  }
}

function packed({ index, term, kind, data }: ObservedEntry): [number, number, number, string] {
  return [index, term, kind, Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('latin1')];
}
