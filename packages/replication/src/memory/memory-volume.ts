import type { Entry, HardState, Snapshot } from '@peermesh/consensus';
import type { DurableBatch } from '../plane/durable-batch.ts';

/** What a volume holds of a replica, as a {@link ControlPlane} starts with it. */
export interface VolumeContents {
  readonly hardState: HardState | null;
  readonly snapshot: Snapshot | null;
  /** What the log holds beyond the snapshot. */
  readonly entries: readonly Entry[];
}

/** A replica's volume in memory: the meaning of a {@link DurableBatch} in a few lines, for tests and simulations. */
export class MemoryVolume {
  #hardState: HardState | null = null;
  #snapshot: Snapshot | null = null;
  #entries: Entry[] = [];

  write({ snapshot, write, compactTo }: Omit<DurableBatch, 'number'>): void {
    if (snapshot !== null) this.#snapshot = snapshot;
    if (write !== null) {
      const { hardState, restartAfter, entries } = write;
      if (hardState !== null) this.#hardState = hardState;
      if (restartAfter !== null) this.#entries = [];
      const first = entries[0]?.index ?? Number.POSITIVE_INFINITY;
      this.#entries = [...this.#entries.filter(({ index }) => index < first), ...entries];
    }
    if (compactTo !== null) this.#entries = this.#entries.filter(({ index }) => index > compactTo);
  }

  get hardState(): HardState | null {
    return this.#hardState;
  }

  /** The newest index that is in the log or in the snapshot; 0 for none. */
  get lastIndex(): number {
    return Math.max(this.#entries.at(-1)?.index ?? 0, this.#snapshot?.index ?? 0);
  }

  load(): VolumeContents {
    const { index: snapshotIndex } = this.#snapshot ?? { index: 0 };
    const entries = this.#entries.filter(({ index }) => index > snapshotIndex);
    return { hardState: this.#hardState, snapshot: this.#snapshot, entries };
  }
}
