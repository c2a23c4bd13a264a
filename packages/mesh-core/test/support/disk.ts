import type { MeshBatch, Restored } from '@peermesh/mesh-core';
import { MemoryVolume } from '@peermesh/replication';

/** What survives a crash. */
export class Disk {
  readonly volumeId: string;
  record: Uint8Array | null = null;
  #volume = new MemoryVolume();

  constructor(volumeId: string) {
    this.volumeId = volumeId;
  }

  write({ isReset, record, ...batch }: MeshBatch): void {
    if (isReset) this.#volume = new MemoryVolume();
    if (record !== undefined) this.record = record;
    this.#volume.write(batch);
  }

  load(): Restored {
    return { record: this.record, ...this.#volume.load() };
  }
}
