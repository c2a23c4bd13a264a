import type { HostReady } from '../host/host-ready.ts';
import type { GroupId } from '../ports/log-store.ts';
import type { Stores } from '../ports/stores.ts';
import type { SnapshotSource } from '../snapshot.ts';

/** Snapshots of a batch, as they can be read from where they are kept now. */
export type Installed = ReadonlyMap<GroupId, SnapshotSource>;

export interface DurableEvents {
  /** These batches are durable, in this order. */
  onDurable(batches: readonly HostReady[], installed: Installed): void;
  /** Nobody knows what of the rest is durable. */
  onFailed(error: unknown): void;
}

/**
 * Group commit: one durable write at a time, and whatever comes meanwhile, of all groups, is the next one. A batch with nothing
 * to write waits for those before it.
 */
export class DurableQueue {
  readonly #stores: Stores;
  readonly #events: DurableEvents;
  #waiting: HostReady[] = [];
  #current: Promise<void> | null = null;
  #isFailed = false;
  /** Durable writes so far. */
  writes = 0;

  constructor(stores: Stores, events: DurableEvents) {
    this.#stores = stores;
    this.#events = events;
  }

  add(ready: HostReady): void {
    if (!this.#isFailed) this.#waiting.push(ready);
  }

  /** Writes what is waiting, unless a write is under way. */
  flush(): void {
    while (this.#current === null && this.#waiting.length > 0 && !this.#isFailed) {
      const batches = this.#waiting;
      this.#waiting = [];
      const isEmpty = batches.every(({ writes, snapshots }) => writes.length + snapshots.length === 0);
      if (isEmpty) this.#events.onDurable(batches, new Map());
      else this.#current = this.#write(batches);
    }
  }

  /** When the write under way has ended, one way or the other. */
  async idle(): Promise<void> {
    await this.#current;
  }

  async #write(batches: readonly HostReady[]): Promise<void> {
    const installed = new Map<GroupId, SnapshotSource>();
    try {
      for (const { group, snapshot } of batches.flatMap(({ snapshots }) => snapshots))
        installed.set(group, await this.#stores.snapshots.save(group, snapshot, [snapshot.data]));
      this.writes += 1;
      await this.#stores.log.append(batches.flatMap(({ writes }) => writes));
    } catch (error) {
      this.#isFailed = true;
      this.#current = null;
      this.#events.onFailed(error);
      return;
    }
    this.#current = null;
    this.#events.onDurable(batches, installed);
    this.flush();
  }
}
