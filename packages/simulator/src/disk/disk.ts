import type { EventQueue } from '../event-queue.ts';
import type { SeededRandom } from '../random.ts';

/** `EIO` and `ENOSPC` as the operating system reports them. */
export class DiskError extends Error {
  readonly code: 'EIO' | 'ENOSPC';
  readonly operation: 'write' | 'fsync';

  constructor(code: 'EIO' | 'ENOSPC', operation: 'write' | 'fsync') {
    super(`${code} on ${operation}`);
    this.name = 'DiskError';
    this.code = code;
    this.operation = operation;
  }
}

/** How fast a healthy disk is. */
export interface DiskProfile {
  readonly fsyncMs: number;
  readonly jitterMs: number;
  readonly bytesPerMs: number;
}

const NVME_PROFILE: DiskProfile = { fsyncMs: 0.4, jitterMs: 0.3, bytesPerMs: 500_000 };

/** One write: on the platter once its file is fsynced, in the page cache before. */
interface Chunk {
  bytes: Uint8Array;
  isDurable: boolean;
  /** What power loss left of a write that nobody had been told of. */
  readonly isRemnant?: boolean;
}

/** What faults have switched on; each counts how many of them ask for it. */
export interface DiskFaults {
  writeErrors: number;
  fsyncErrors: number;
  fullDisk: number;
  /** Extra milliseconds for every fsync. */
  slowMs: number;
  /** Nothing completes before this time. */
  stalledUntilMs: number;
}

/** What power loss leaves of writes that were not fsynced. */
export type PowerLossStyle = 'clean' | 'torn' | 'reordered';

/**
 * An append-only file on a disk with a page cache. A crash of the process keeps the cache; power loss keeps what was
 * fsynced, and of the rest a prefix, a torn record or, with `reordered`, zeroed sectors in between.
 * An fsync that failed leaves the cache in doubt (Rebello et al., "Can Applications Recover from fsync Failures?", ATC
 * 2020): what was not durable is dropped, so that a second fsync that succeeds proves nothing.
 */
export class SimDisk {
  readonly #queue: EventQueue;
  readonly #random: SeededRandom;
  readonly #profile: DiskProfile;
  readonly #files = new Map<string, Chunk[]>();
  /** Fsyncs that have not ended, in the order in which they were asked for; the first is under way. */
  readonly #fsyncs: { readonly lengthMs: number; readonly done: () => void }[] = [];
  #generation = 0;
  #pending = 0;
  readonly faults: DiskFaults = { writeErrors: 0, fsyncErrors: 0, fullDisk: 0, slowMs: 0, stalledUntilMs: 0 };
  fsyncs = 0;
  /** Changes when the disk is exchanged or restored, as a file system's UUID or a VM generation id does. */
  volume = 1;

  constructor(queue: EventQueue, random: SeededRandom, profile: DiskProfile = NVME_PROFILE) {
    this.#queue = queue;
    this.#random = random;
    this.#profile = profile;
  }

  /** Adds to the page cache. @throws DiskError EIO or ENOSPC */
  append(file: string, bytes: Uint8Array): void {
    if (this.faults.writeErrors > 0) throw new DiskError('EIO', 'write');
    if (this.faults.fullDisk > 0) throw new DiskError('ENOSPC', 'write');
    this.#chunks(file).push({ bytes, isDurable: false });
  }

  /** Calls back once everything appended before is durable, or with the reason why it is not. */
  fsync(file: string, done: (error: DiskError | null) => void): void {
    const generation = this.#generation;
    const covered = this.#chunks(file).filter((chunk) => !chunk.isDurable);
    let bytes = 0;
    for (const chunk of covered) bytes += chunk.bytes.length;
    const lengthMs =
      this.#profile.fsyncMs + this.#random.exponential(this.#profile.jitterMs) + bytes / this.#profile.bytesPerMs;
    this.#enqueue(lengthMs, generation, () => {
      if (this.faults.fsyncErrors > 0) {
        this.#files.set(
          file,
          this.#chunks(file).filter((chunk) => chunk.isDurable),
        );
        done(new DiskError('EIO', 'fsync'));
        return;
      }
      this.fsyncs++;
      for (const chunk of covered) chunk.isDurable = true;
      done(null);
    });
  }

  /** Makes what was appended durable at once: what a process does before it takes part in anything. */
  settle(file: string): void {
    for (const chunk of this.#chunks(file)) chunk.isDurable = true;
  }

  /** Forgets everything after so many bytes. */
  truncate(file: string, bytes: number): void {
    let left = bytes;
    const kept: Chunk[] = [];
    for (const chunk of this.#chunks(file)) {
      if (left <= 0) break;
      kept.push({ ...chunk, bytes: chunk.bytes.subarray(0, left) });
      left -= chunk.bytes.length;
    }
    this.#files.set(file, kept);
  }

  /** Replaces the file at once by a rename of one that is already durable (the caller has waited for its fsync). */
  replace(file: string, from: string): void {
    this.#files.set(file, this.#chunks(from));
    this.#files.delete(from);
  }

  delete(file: string): void {
    this.#files.delete(file);
  }

  read(file: string): Uint8Array {
    return Buffer.concat(this.#chunks(file).map((chunk) => chunk.bytes));
  }

  files(): string[] {
    return [...this.#files.keys()];
  }

  /** Whether an fsync is under way. */
  get isSyncing(): boolean {
    return this.#pending > 0;
  }

  /** The process ended: nothing calls back any more. The page cache stays, but is no more durable than it was. */
  crash(): void {
    this.#forgetOperations();
  }

  /** The machine ended: what was not fsynced is lost, wholly or in part. */
  powerLoss(style: PowerLossStyle): void {
    this.#forgetOperations();
    for (const [file, chunks] of this.#files) {
      const durable = chunks.filter((chunk) => chunk.isDurable);
      const volatile = chunks.filter((chunk) => !chunk.isDurable);
      this.#files.set(file, [...durable, ...this.#survivors(volatile, style)]);
    }
  }

  /** Everything is gone, as after the exchange of the disk. */
  wipe(): void {
    this.#forgetOperations();
    this.#files.clear();
    this.volume++;
  }

  /** What a backup of the disk holds: only what is durable. */
  image(): Map<string, Uint8Array> {
    const copy = new Map<string, Uint8Array>();
    for (const [file, chunks] of this.#files)
      copy.set(file, Buffer.concat(chunks.filter((chunk) => chunk.isDurable).map((chunk) => chunk.bytes)));
    return copy;
  }

  restore(image: ReadonlyMap<string, Uint8Array>): void {
    this.wipe();
    for (const [file, bytes] of image) this.#files.set(file, [{ bytes: Uint8Array.from(bytes), isDurable: true }]);
  }

  /** Flips one bit of a durable write; false when the file has none. */
  flipBit(file: string, random: SeededRandom): boolean {
    const durable = this.#written(file);
    if (durable.length === 0) return false;
    const chunk = random.pick(durable);
    const copy = Uint8Array.from(chunk.bytes);
    const offset = random.integer(copy.length);
    copy[offset] = (copy[offset] as number) ^ (1 << random.integer(8));
    chunk.bytes = copy;
    return true;
  }

  /** A durable write that is not the last one turns out never to have reached its place; false when there is none. */
  loseWrite(file: string, random: SeededRandom): boolean {
    const durable = this.#written(file);
    if (durable.length < 2) return false;
    const chunk = durable[random.integer(durable.length - 1)] as Chunk;
    chunk.bytes = new Uint8Array(chunk.bytes.length);
    return true;
  }

  /** A later write lands on top of an earlier one of the same file; false when there are not two. */
  misdirectWrite(file: string, random: SeededRandom): boolean {
    const durable = this.#written(file);
    if (durable.length < 3) return false;
    const at = random.integer(durable.length - 2);
    (durable[at] as Chunk).bytes = (durable[at + 1] as Chunk).bytes;
    return true;
  }

  #survivors(volatile: readonly Chunk[], style: PowerLossStyle): Chunk[] {
    if (style === 'clean' || volatile.length === 0) return [];
    const whole = this.#random.integer(volatile.length);
    const kept = volatile.slice(0, whole).map(({ bytes }) => ({ bytes, isDurable: true }));
    const next = volatile[whole];
    if (next === undefined) return kept;
    const cutAt = this.#random.integer(next.bytes.length);
    const bytes = style === 'torn' ? next.bytes.subarray(0, cutAt) : new Uint8Array(next.bytes.length);
    return [...kept, { bytes, isDurable: true, isRemnant: true }];
  }

  /** What a process was told to be on the disk. */
  #written(file: string): Chunk[] {
    return this.#chunks(file).filter(
      ({ bytes, isDurable, isRemnant }) => isDurable && isRemnant !== true && bytes.length > 0,
    );
  }

  #enqueue(lengthMs: number, generation: number, done: () => void): void {
    this.#pending++;
    this.#fsyncs.push({
      lengthMs,
      done: () => {
        this.#pending--;
        done();
      },
    });
    if (this.#fsyncs.length === 1) this.#beginFsync(generation);
  }

  /** How slow the disk is shows when it gets to an fsync, not when that is asked for: a backlog ends with the fault. */
  #beginFsync(generation: number): void {
    const [next] = this.#fsyncs;
    if (next === undefined) return;
    const endMs = this.#queue.nowMs + next.lengthMs + this.faults.slowMs;
    this.#queue.at(endMs, () => {
      if (generation !== this.#generation) return;
      this.#fsyncs.shift();
      this.#beginFsync(generation);
      this.#answer(generation, next.done);
    });
  }

  /** A stalled disk has done its work and does not say so. */
  #answer(generation: number, done: () => void): void {
    const { stalledUntilMs } = this.faults;
    if (stalledUntilMs <= this.#queue.nowMs) {
      done();
      return;
    }
    this.#queue.at(stalledUntilMs, () => {
      if (generation === this.#generation) this.#answer(generation, done);
    });
  }

  #forgetOperations(): void {
    this.#generation++;
    this.#pending = 0;
    this.#fsyncs.length = 0;
  }

  #chunks(file: string): Chunk[] {
    let chunks = this.#files.get(file);
    if (chunks === undefined) {
      chunks = [];
      this.#files.set(file, chunks);
    }
    return chunks;
  }
}
