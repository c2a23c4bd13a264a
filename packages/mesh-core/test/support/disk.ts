import type { Entry, HardState, Snapshot } from '@peermesh/consensus';
import type { MeshBatch, Restored } from '@peermesh/mesh-core';

/** What survives a crash. */
export class Disk {
  readonly volumeId: string;
  record: Uint8Array | null = null;
  #hardState: HardState | null = null;
  #snapshot: Snapshot | null = null;
  #entries: Entry[] = [];

  constructor(volumeId: string) {
    this.volumeId = volumeId;
  }

  write({ isReset, record, snapshot, write, compactTo }: MeshBatch): void {
    if (isReset) [this.#hardState, this.#snapshot, this.#entries] = [null, null, []];
    if (record !== undefined) this.record = record;
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

  load(): Restored {
    const snapshot = this.#snapshot;
    const entries = this.#entries.filter(({ index }) => index > (snapshot?.index ?? 0));
    return { record: this.record, hardState: this.#hardState, snapshot, entries };
  }
}
