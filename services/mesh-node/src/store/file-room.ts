import { closeSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { RootDatabase } from 'lmdb';

/** What a write gives to LMDB. */
export interface RoomNeeded {
  /** Bytes of keys and values. */
  readonly bytes: number;
  /** Records that are put or removed. */
  readonly records: number;
}

/** What of LMDB's figures is needed; its types say that there are none. */
interface EnvironmentStats {
  readonly lastPageNumber: number;
  readonly pageSize: number;
}

/** What a record may take besides its bytes: a copy of its leaf, the other half of it, the last page of a long value. */
const PAGES_PER_RECORD = 3;
/** What any write may take: copies of the paths from the roots of all tables, and LMDB's list of free pages. */
const PAGES_PER_WRITE = 128;
/** The file grows by this more than is needed, so that not every write has to look. */
const STEP_BYTES = 4 * 1024 * 1024;
/** The first page behind the two with LMDB's roots. */
const FIRST_PAGE = 2;

const ZEROS = Buffer.alloc(1024 * 1024);

/**
 * Room at the end of LMDB's file: zeros that are written before LMDB has to. A full disk, a quota or a limit on the size of
 * files is met here, where it is an error like any other and LMDB has been given nothing. A write of LMDB's own that is
 * refused breaks the heap of the process: 3.5.6 formats the reason, which is longer, into 100 bytes (`mdb_page_flush`).
 */
export class FileRoom {
  readonly #env: RootDatabase<Buffer, Uint8Array>;
  readonly #file: number;
  readonly #pageBytes: number;
  /** Up to here everything is on the disk. */
  #end: number;
  /** Bytes that are free before the end even if LMDB has used all that was asked for. */
  #sureBytes = 0;

  /** @param path the folder of the environment, which is open */
  constructor(env: RootDatabase<Buffer, Uint8Array>, path: string) {
    this.#env = env;
    this.#pageBytes = this.#stats().pageSize;
    this.#file = openSync(join(path, 'data.mdb'), 'r+');
    this.#end = fstatSync(this.#file).size;
  }

  /** Whether nothing was ever written. */
  get isNew(): boolean {
    return this.#stats().lastPageNumber < FIRST_PAGE;
  }

  /**
   * Sees to it that a write finds its room. Not while LMDB writes, as both write behind its last page.
   *
   * @throws Error with the system's code (ENOSPC, EDQUOT, EFBIG, EIO) when the file cannot grow; it is as long as before
   */
  reserve({ bytes, records }: RoomNeeded): void {
    const needed = bytes + (PAGES_PER_WRITE + PAGES_PER_RECORD * records) * this.#pageBytes;
    if (this.#sureBytes < needed) this.#grow(needed);
    this.#sureBytes -= needed;
  }

  close(): void {
    closeSync(this.#file);
  }

  #grow(needed: number): void {
    const used = (this.#stats().lastPageNumber + 1) * this.#pageBytes;
    this.#end = Math.max(this.#end, used);
    if (this.#end < used + needed) this.#fill(used + needed);
    this.#sureBytes = this.#end - used;
  }

  /** Writes zeros behind the end up to `needed`, and a step more if there is room. */
  #fill(needed: number): void {
    let at = this.#end;
    try {
      while (at < needed + STEP_BYTES)
        at += writeSync(this.#file, ZEROS, 0, Math.min(ZEROS.length, needed + STEP_BYTES - at), at);
    } catch (error) {
      if (at < needed) {
        ftruncateSync(this.#file, this.#end);
        throw error;
      }
    }
    this.#end = at;
  }

  #stats(): EnvironmentStats {
    return this.#env.getStats() as EnvironmentStats;
  }
}
