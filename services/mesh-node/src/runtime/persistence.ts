import type { LogWrite, Stores } from '@peermesh/consensus';
import type { MeshBatch } from '@peermesh/mesh-core';
import { CONTROL_GROUP_ID } from '@peermesh/replication';
import { RECORD_KEY } from './restore.ts';

/** What {@link Persistence} tells. */
export interface PersistenceEvents {
  /** This batch and all before it are durable. */
  onPersisted(number: number): void;
  /** A write failed: nothing more is written, and nothing more is acknowledged. */
  onFailed(error: unknown): void;
  /** How long a durable write took, from its begin until it was on the disk. */
  onWritten(tookMs: number): void;
}

/**
 * Writes what the core wants durable, in its order, one durable write at a time: what comes meanwhile is written together.
 * After a failure it writes nothing more.
 */
export class Persistence {
  readonly #stores: Stores;
  readonly #events: PersistenceEvents;
  #waiting: MeshBatch[] = [];
  #writing: Promise<void> | null = null;
  #failure: unknown = null;

  constructor(stores: Stores, events: PersistenceEvents) {
    this.#stores = stores;
    this.#events = events;
  }

  /** Null while all is well. */
  get failure(): unknown {
    return this.#failure;
  }

  add(batches: readonly MeshBatch[]): void {
    if (batches.length === 0 || this.#failure !== null) return;
    this.#waiting.push(...batches);
    this.#writing ??= this.#run();
  }

  /** Resolves when what was added is written, or cannot be. */
  async settled(): Promise<void> {
    while (this.#writing !== null) await this.#writing;
  }

  async #run(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        const batches = this.#waiting;
        this.#waiting = [];
        for (const part of inParts(batches)) {
          const fromMs = performance.now();
          await this.#write(part);
          this.#events.onWritten(performance.now() - fromMs);
          this.#events.onPersisted(part.at(-1)!.number);
        }
      }
    } catch (error) {
      this.#failure = error;
      this.#waiting = [];
      this.#events.onFailed(error);
    } finally {
      this.#writing = null;
    }
  }

  /** Batches that are one durable write, or a single one that is several. */
  async #write(part: readonly MeshBatch[]): Promise<void> {
    const { log, stable, snapshots } = this.#stores;
    const writes: LogWrite[] = [];
    for (const { isReset, record, snapshot, write } of part) {
      if (isReset) {
        await log.remove(CONTROL_GROUP_ID);
        await snapshots.remove(CONTROL_GROUP_ID);
      }
      if (record !== undefined && (record !== null || isReset)) await stable.set(RECORD_KEY, record);
      if (snapshot !== null) await snapshots.save(CONTROL_GROUP_ID, snapshot, [snapshot.data]);
      if (write !== null) writes.push(write);
    }
    if (writes.length > 0) await log.append(writes);
    const compactTo = Math.max(-1, ...part.map((batch) => batch.compactTo ?? -1));
    if (compactTo >= 0) await log.compact(CONTROL_GROUP_ID, compactTo);
  }
}

/** Neighbouring batches that only append to the log belong together; every other one is alone. */
function inParts(batches: readonly MeshBatch[]): MeshBatch[][] {
  const parts: MeshBatch[][] = [];
  let open: MeshBatch[] | null = null;
  for (const batch of batches) {
    const isPlain = !batch.isReset && !batch.record && batch.snapshot === null;
    if (isPlain && open !== null) open.push(batch);
    else parts.push((open = [batch]));
    if (!isPlain) open = null;
  }
  return parts;
}
