import type { MeshBatch, Restored } from '@peermesh/mesh-core';
import { MemoryVolume } from '@peermesh/replication';

/** What one volume holds of a node. Batches are written whole and in order; what is on its way when power is lost may be there. */
export class NodeDisk {
  readonly volumeId: string;
  /** Raised before each start. */
  bootEpoch = 0;
  #record: Uint8Array | null = null;
  #volume = new MemoryVolume();
  readonly #underWay: MeshBatch[] = [];

  constructor(volumeId: string) {
    this.volumeId = volumeId;
  }

  /** A batch sets out. */
  begin(batch: MeshBatch): void {
    this.#underWay.push(batch);
  }

  /** The oldest batch has arrived. */
  finish(): MeshBatch | undefined {
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

  load(): Restored {
    return { record: this.#record, ...this.#volume.load() };
  }

  #write({ isReset, record, ...batch }: MeshBatch): void {
    if (isReset) this.#volume = new MemoryVolume();
    if (record !== undefined) this.#record = record;
    this.#volume.write(batch);
  }
}
