import type { StorageError } from '@peermesh/consensus';
import type { RootDatabase } from 'lmdb';
import type { FileRoom } from './file-room.ts';
import { writeFailure } from './storage-error.ts';
import { type Fill, Writes } from './writes.ts';

/** What was written so far, and how long the newest write took. */
export interface CommitStats {
  readonly commits: number;
  readonly records: number;
  readonly bytes: number;
  readonly lastCommitMs: number;
  /** For how long the write under way has been so; 0 when there is none. */
  readonly underWayMs: number;
}

/** A write needs pages besides its bytes. */
const SPARE_BYTES = 1024 * 1024;

interface Waiting {
  readonly fill: Fill;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Group commit: one durable write under way, and everything that comes meanwhile is the next one. */
export class GroupCommit {
  readonly #env: RootDatabase<Buffer, Uint8Array>;
  readonly #room: FileRoom;
  readonly #freeBytes: () => number;
  readonly failed: Promise<StorageError>;
  #fail!: (failure: StorageError) => void;
  #waiting: Waiting[] = [];
  #isScheduled = false;
  #running: Promise<void> | null = null;
  #startedAtMs = 0;
  #failure: StorageError | null = null;
  #commits = 0;
  #records = 0;
  #bytes = 0;
  #lastCommitMs = 0;

  constructor(env: RootDatabase<Buffer, Uint8Array>, room: FileRoom, freeBytes: () => number) {
    this.#env = env;
    this.#room = room;
    this.#freeBytes = freeBytes;
    this.failed = new Promise((resolve) => {
      this.#fail = resolve;
    });
  }

  get failure(): StorageError | null {
    return this.#failure;
  }

  get bytesWritten(): number {
    return this.#bytes;
  }

  commit(fill: Fill): Promise<void> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ fill, resolve, reject });
      this.#schedule();
    });
  }

  /** Waits until nothing is under way and nothing waits. */
  async end(): Promise<void> {
    while (this.#waiting.length > 0 || this.#running !== null)
      await (this.#running ?? new Promise<void>((resolve) => setImmediate(resolve)));
  }

  stats(): CommitStats {
    const underWayMs = this.#running === null ? 0 : performance.now() - this.#startedAtMs;
    return {
      commits: this.#commits,
      records: this.#records,
      bytes: this.#bytes,
      lastCommitMs: this.#lastCommitMs,
      underWayMs,
    };
  }

  #schedule(): void {
    if (this.#isScheduled || this.#running !== null) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#running = this.#run().finally(() => {
        this.#running = null;
        if (this.#waiting.length > 0) this.#schedule();
      });
    });
  }

  async #run(): Promise<void> {
    const writes = new Writes();
    const group = filled(this.#waiting, writes);
    this.#waiting = [];
    this.#startedAtMs = performance.now();
    try {
      if (writes.count > 0) {
        this.#room.reserve({ bytes: writes.bytes, records: writes.count });
        await this.#env.batch(() => writes.replay());
      }
      this.#commits += 1;
      this.#records += writes.count;
      this.#bytes += writes.bytes;
      this.#lastCommitMs = performance.now() - this.#startedAtMs;
      for (const { resolve } of group) resolve();
    } catch (error) {
      const failure = writeFailure(await reasonOf(error), () => this.#freeBytes() > writes.bytes + SPARE_BYTES);
      this.#failure = failure;
      for (const { reject } of [...group, ...this.#waiting]) reject(failure);
      this.#waiting = [];
      this.#fail(failure);
    }
  }
}

/** Fills `writes`; one whose `fill` throws is told so, and nothing of it is written. */
function filled(waiting: readonly Waiting[], writes: Writes): Waiting[] {
  return waiting.filter(({ fill, reject }) => {
    const count = writes.count;
    try {
      fill(writes);
      return true;
    } catch (error) {
      writes.rollback(count);
      reject(error);
      return false;
    }
  });
}

/** The driver's own error: the one of the promise says only that there is one. */
async function reasonOf(error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || !('commitError' in error)) return error;
  try {
    await error.commitError;
    return error;
  } catch (cause) {
    return cause;
  }
}
