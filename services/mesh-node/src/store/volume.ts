import { randomBytes } from 'node:crypto';
import { mkdirSync, statfsSync } from 'node:fs';
import { StorageError } from '@peermesh/consensus';
import { open, type RootDatabase } from 'lmdb';
import { FileRoom } from './file-room.ts';
import { type CommitStats, GroupCommit } from './group-commit.ts';
import { openFailure, VolumeError } from './storage-error.ts';
import { readIdentity, type VolumeIdentity, writeIdentity } from './volume-identity.ts';
import { lockVolume, type VolumeLock } from './volume-lock.ts';
import type { Fill, Table } from './writes.ts';

/** Where a volume is and whom it belongs to. */
export interface VolumeOptions {
  /** A folder; made when it is not there. */
  readonly path: string;
  /** The node that the volume belongs to; a volume of another node is refused. */
  readonly nodeId: string;
  /** The id that the volume must have. Without, it may be new; with, a wiped or exchanged disk is refused. */
  readonly volumeId?: string;
  /** Below this much free space on the disk {@link Volume.isLow} is true. */
  readonly reserveBytes?: number;
  /** Bytes that are free where the volume is. */
  readonly freeBytes?: (path: string) => number;
}

const RESERVE_BYTES = 256 * 1024 * 1024;
const TABLES_MAX = 32;
/** Free space is looked at again after this much was written. */
const LOOK_AGAIN_BYTES = 16 * 1024 * 1024;

/**
 * One LMDB environment with everything that a node keeps: one durable write at a time for all of its stores, and what comes
 * meanwhile is the next one. The first write that fails is the last one.
 */
export class Volume {
  readonly identity: VolumeIdentity;
  /** Whether this process has made it. */
  readonly isNew: boolean;
  readonly path: string;
  readonly #env: RootDatabase<Buffer, Uint8Array>;
  readonly #lock: VolumeLock;
  readonly #room: FileRoom;
  readonly #commits: GroupCommit;
  readonly #reserveBytes: number;
  readonly #freeBytes: (path: string) => number;
  #lookAtBytes = 0;
  #isLow = false;
  #isClosed = false;

  /**
   * @throws VolumeError when the volume is of another node or not the expected one, or another process has it
   * @throws StorageError `full` when the disk has no room for it, `io` when it cannot be opened, `corrupt` when its identity
   * cannot be read
   */
  static open(options: VolumeOptions): Volume {
    let lock: VolumeLock | null = null;
    try {
      mkdirSync(options.path, { recursive: true });
      lock = lockVolume(options.path);
      return new Volume(options, lock);
    } catch (error) {
      lock?.release();
      if (error instanceof StorageError || error instanceof VolumeError) throw error;
      throw openFailure(options.path, error);
    }
  }

  private constructor(options: VolumeOptions, lock: VolumeLock) {
    this.path = options.path;
    this.#lock = lock;
    this.#reserveBytes = options.reserveBytes ?? RESERVE_BYTES;
    this.#freeBytes = options.freeBytes ?? freeBytesAt;
    // A write is acknowledged when the transaction is on the disk. LMDB's overlapping sync, which would commit first and
    // sync behind, gains nothing with one write under way, and does not report a sync that fails. Its batches of a turn of
    // the event loop would add nothing to those made here, and a promise that nobody hears of when a write fails.
    this.#env = open<Buffer, Uint8Array>({
      path: options.path,
      encoding: 'binary',
      keyEncoding: 'binary',
      maxDbs: TABLES_MAX,
      overlappingSync: false,
      eventTurnBatching: false,
      noMemInit: false,
    });
    this.#room = new FileRoom(this.#env, options.path);
    this.#commits = new GroupCommit(this.#env, this.#room, () => this.#freeBytes(this.path));
    try {
      const found = this.#found(options);
      this.isNew = found === null;
      this.identity = found ?? { nodeId: options.nodeId, volumeId: randomBytes(16).toString('hex') };
      if (found === null) writeIdentity(this.table('volume'), this.identity);
    } catch (error) {
      this.#room.close();
      void this.#env.close();
      throw error;
    }
    this.#look();
  }

  /** The table of this name; made when it is not there. */
  table(name: string): Table {
    return this.#env.openDB<Buffer, Uint8Array>({ name, encoding: 'binary', keyEncoding: 'binary' });
  }

  /**
   * Has `fill` say what to write when the next group begins, and writes it together with what everybody else has: all or
   * nothing. @returns a promise that is kept when it is durable, and broken by a StorageError.
   */
  commit(fill: Fill): Promise<void> {
    if (this.#isClosed) return Promise.reject(new StorageError('closed', 'the volume is closed'));
    const durable = this.#commits.commit(fill);
    if (this.#commits.bytesWritten >= this.#lookAtBytes) this.#look();
    return durable;
  }

  /** Kept when everything that was given to {@link commit} before is durable. */
  durable(): Promise<void> {
    return this.commit(() => {});
  }

  /** Why nothing can be written any more. */
  get failure(): StorageError | null {
    return this.#commits.failure;
  }

  /** Kept when a write has failed; never broken. */
  get failed(): Promise<StorageError> {
    return this.#commits.failed;
  }

  /** Whether so little space is free that only what keeps the node working should be written. */
  get isLow(): boolean {
    // While it is low little is written, so that nothing else would see that there is space again.
    if (this.#isLow) this.#look();
    return this.#isLow;
  }

  /** Looks now whether enough space is free. */
  hasSpace(): boolean {
    this.#look();
    return !this.#isLow;
  }

  stats(): CommitStats {
    return this.#commits.stats();
  }

  /** Looks again at how much space is free. */
  #look(): void {
    this.#lookAtBytes = this.#commits.bytesWritten + LOOK_AGAIN_BYTES;
    this.#isLow = this.#freeBytes(this.path) < this.#reserveBytes;
  }

  /** Waits for writes under way, and gives the volume up. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#commits.end();
    this.#room.close();
    await this.#env.close();
    this.#lock.release();
  }

  /** Who the volume says it is; null when it is new. */
  #found({ path, nodeId, volumeId: expected }: VolumeOptions): VolumeIdentity | null {
    // The tables of a new volume are made outside of group commits.
    if (this.#room.isNew) this.#room.reserve({ bytes: 0, records: TABLES_MAX });
    const found = readIdentity(this.table('volume'));
    if (expected !== undefined && found?.volumeId !== expected)
      throw new VolumeError(
        'foreign',
        `volume ${expected} was expected in ${path}, and ${found?.volumeId ?? 'none'} is there`,
      );
    if (found !== null && found.nodeId !== nodeId)
      throw new VolumeError('foreign', `the volume in ${path} belongs to node ${found.nodeId}`);
    return found;
  }
}

function freeBytesAt(path: string): number {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
}
