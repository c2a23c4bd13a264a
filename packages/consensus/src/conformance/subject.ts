import type { TestContext } from 'node:test';
import type { StorageFault } from '../ports/storage-error.ts';

/** What a store can be made to suffer. What a volume cannot do is left out, and its cases are skipped. */
export interface KitFaults {
  /** From now on writes fail like this. The stores are not used for anything else afterwards. */
  failWrites?(fault: Extract<StorageFault, 'full' | 'io'>): void | Promise<void>;
  /** Damages the record of an entry on the disk; called between close and open. */
  damageEntry?(group: number, index: number): void | Promise<void>;
  /** Damages a record of the stable store on the disk; called between close and open. */
  damageRecord?(key: string): void | Promise<void>;
  /** Damages the newest snapshot on the disk; called between close and open. */
  damageSnapshot?(group: number): void | Promise<void>;
}

/** One volume of its own for one case: stores on it are opened, closed and opened again. */
export interface KitVolume<Store> {
  open(): Store | Promise<Store>;
  /** The process ends without closing: what is not flushed may be lost, and the store that was open does nothing any more. */
  crash?(): void | Promise<void>;
  readonly faults?: KitFaults;
}

/** The implementation that a kit is run on. */
export interface KitSubject<Store> {
  readonly name: string;
  /** A new volume; what it leaves behind is removed by `t.after`. */
  volume(t: TestContext): KitVolume<Store> | Promise<KitVolume<Store>>;
}
