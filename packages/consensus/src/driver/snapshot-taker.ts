import type { GroupHost } from '../host/group-host.ts';
import type { Stores } from '../ports/stores.ts';
import type { SnapshotMeta } from '../snapshot.ts';
import type { DrivenGroup } from './driven-group.ts';

/** Takes a snapshot of a group when it has applied so many bytes since the last one, beside everything else. */
export class SnapshotTaker {
  readonly #host: GroupHost;
  readonly #stores: Stores;
  readonly #bytes: number;
  readonly #underWay = new Set<Promise<void>>();

  /** @param bytes of entries */
  constructor(host: GroupHost, stores: Stores, bytes: number) {
    this.#host = host;
    this.#stores = stores;
    this.#bytes = bytes;
  }

  /** @param onFailed the group cannot go on */
  takeIfDue(driven: DrivenGroup, onFailed: (error: unknown) => void): void {
    if (driven.isSnapshotting || driven.bytesSinceSnapshot < this.#bytes) return;
    const meta = this.#host.describeSnapshot(driven.id, driven.applied);
    if (meta === null) return;
    driven.isSnapshotting = true;
    driven.bytesSinceSnapshot = 0;
    const done = this.#take(driven, meta).catch(onFailed);
    this.#underWay.add(done);
    void done.finally(() => {
      driven.isSnapshotting = false;
      this.#underWay.delete(done);
    });
  }

  /** When all snapshots under way have ended, one way or the other. */
  async idle(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  async #take(driven: DrivenGroup, meta: SnapshotMeta): Promise<void> {
    const { id, applied } = driven;
    const source = await this.#stores.snapshots.save(id, meta, driven.snapshot());
    if (driven.isEnded || applied <= driven.snapshotIndex) return;
    driven.snapshotIndex = applied;
    this.#host.compact(id, source);
    await this.#stores.log.compact(id, applied);
  }
}
