import type { Entry, HardState, Snapshot } from '@peermesh/consensus';
import type { DurableBatch } from '@peermesh/replication';

/** What one volume holds of a replica. Batches are written whole and in order; what is on its way when power is lost may be there. */
export class ControlDisk {
  readonly volumeId: string;
  #hardState: HardState | null = null;
  #snapshot: Snapshot | null = null;
  #entries: Entry[] = [];
  readonly #underWay: DurableBatch[] = [];

  constructor(volumeId: string) {
    this.volumeId = volumeId;
  }

  /** A batch sets out. */
  begin(batch: DurableBatch): void {
    this.#underWay.push(batch);
  }

  /** The oldest batch has arrived. */
  finish(): DurableBatch | undefined {
    const batch = this.#underWay.shift();
    if (batch !== undefined) this.#write(batch);
    return batch;
  }

  /** The process is gone: so many of the batches under way arrive, the others never. */
  crash(arriving: number): void {
    for (const batch of this.#underWay.splice(0).slice(0, arriving)) this.#write(batch);
  }

  get underWay(): number {
    return this.#underWay.length;
  }

  load(): {
    readonly hardState: HardState | null;
    readonly snapshot: Snapshot | null;
    readonly entries: readonly Entry[];
  } {
    const snapshot = this.#snapshot;
    const entries = this.#entries.filter(({ index }) => index > (snapshot?.index ?? 0));
    return { hardState: this.#hardState, snapshot, entries };
  }

  #write({ snapshot, write, compactTo }: DurableBatch): void {
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
}
