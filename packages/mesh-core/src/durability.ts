import type { DurableBatch } from '@peermesh/replication';
import type { MeshBatch } from './mesh-ready.ts';

/** Numbers what the node and its replica want written, in one order, and calls back when it is. */
export class Durability {
  readonly #waiting: { readonly number: number; readonly whenDurable: () => void }[] = [];
  #batches: MeshBatch[] = [];
  #number = 0;

  /** A change of the node's own record. */
  record(record: Uint8Array | null, isReset: boolean, whenDurable: () => void = nothing): void {
    this.#add({ isReset, record, snapshot: null, write: null, compactTo: null }, whenDurable);
  }

  /** What the replica wants written. */
  replica({ snapshot, write, compactTo }: DurableBatch, whenDurable: () => void): void {
    this.#add({ isReset: false, snapshot, write, compactTo }, whenDurable);
  }

  /** Everything up to a number is durable. */
  persisted(number: number): void {
    while ((this.#waiting[0]?.number ?? Number.POSITIVE_INFINITY) <= number) this.#waiting.shift()?.whenDurable();
  }

  take(): readonly MeshBatch[] {
    const batches = this.#batches;
    this.#batches = [];
    return batches;
  }

  #add(batch: Omit<MeshBatch, 'number'>, whenDurable: () => void): void {
    const number = ++this.#number;
    this.#batches.push({ number, ...batch });
    this.#waiting.push({ number, whenDurable });
  }
}

function nothing(): void {}
