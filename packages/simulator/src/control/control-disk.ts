import { type DurableBatch, MemoryVolume, type VolumeContents } from '@peermesh/replication';

/** What one volume holds of a replica. Batches are written whole and in order; what is on its way when power is lost may be there. */
export class ControlDisk {
  readonly volumeId: string;
  readonly #volume = new MemoryVolume();
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
    if (batch !== undefined) this.#volume.write(batch);
    return batch;
  }

  /** The process is gone: so many of the batches under way arrive, the others never. */
  crash(arriving: number): void {
    for (const batch of this.#underWay.splice(0).slice(0, arriving)) this.#volume.write(batch);
  }

  get underWay(): number {
    return this.#underWay.length;
  }

  /** What is on it now, with nothing that is on its way. */
  get volume(): Pick<MemoryVolume, 'hardState' | 'lastIndex'> {
    return this.#volume;
  }

  load(): VolumeContents {
    return this.#volume.load();
  }
}
