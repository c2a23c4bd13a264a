import { StorageError, type StorageFault } from '../ports/storage-error.ts';

interface Pending {
  readonly apply: () => void;
  readonly done: () => void;
  readonly failed: (error: StorageError) => void;
}

/**
 * A disk in memory that outlives the stores on it. What was accepted becomes durable in order, at the end of the turn or when
 * {@link release} is called; {@link crash} loses what is not durable.
 */
export class MemoryVolume {
  readonly id: string;
  #pending: Pending[] = [];
  #isHeld = false;
  #isScheduled = false;
  #fault: StorageFault | null = null;
  /** Counts crashes: stores of an earlier life do nothing any more. */
  #life = 0;
  /** Flushes so far, each for all that was waiting. */
  flushes = 0;

  constructor(id: string) {
    this.id = id;
  }

  get life(): number {
    return this.#life;
  }

  /** Writes something: `apply` makes it durable. @param life of the store that asks */
  write(life: number, apply: () => void): Promise<void> {
    if (life !== this.#life) return Promise.reject(new StorageError('closed', 'the volume was taken away'));
    if (this.#fault !== null) return Promise.reject(faultOf(this.#fault));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#pending.push({ apply, done: resolve, failed: reject });
    this.#schedule();
    return promise;
  }

  /** Nothing becomes durable until {@link release}. */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    this.#schedule();
  }

  /** From now on every write fails, those under way as well. Null heals it for stores that are opened later. */
  fail(fault: StorageFault | null): void {
    this.#fault = fault;
    if (fault !== null) this.#drop(faultOf(fault));
  }

  /** The process is gone: what is not durable is lost, and stores that were open are closed. */
  crash(): void {
    this.#life += 1;
    this.#isHeld = false;
    this.#drop(new StorageError('closed', 'the process has ended'));
  }

  #drop(error: StorageError): void {
    const pending = this.#pending;
    this.#pending = [];
    for (const { failed } of pending) failed(error);
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isHeld) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      if (!this.#isHeld) this.#flush();
    });
  }

  #flush(): void {
    const pending = this.#pending;
    this.#pending = [];
    if (pending.length === 0) return;
    this.flushes += 1;
    for (const { apply } of pending) apply();
    for (const { done } of pending) done();
  }
}

function faultOf(fault: StorageFault): StorageError {
  return new StorageError(fault, fault === 'full' ? 'the volume is full' : `the volume failed: ${fault}`);
}
