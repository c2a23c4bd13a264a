import type { Database } from '@peermesh/database';
import { type ChangeBatch, readChanges } from './change-reader.ts';

const KEPT_BATCHES = 6;
const KEPT_MS = 2_000;

/**
 * Lets projectors that stand at the same place share one read. A batch that is a moment old is still right: what changed
 * since has a higher number and comes again. An empty batch is not kept.
 */
export class SharedChangeReader {
  readonly #kept = new Map<string, { readonly at: number; readonly batch: Promise<ChangeBatch> }>();

  read(db: Database<unknown>, from: number, limit: number, space: string | null): Promise<ChangeBatch> {
    const key = `${from}/${limit}/${space}`;
    const known = this.#kept.get(key);
    if (known !== undefined && performance.now() - known.at < KEPT_MS) return known.batch;
    const batch = readChanges(db, from, limit, space);
    this.#kept.set(key, { at: performance.now(), batch });
    const forget = (): void => {
      if (this.#kept.get(key)?.batch === batch) this.#kept.delete(key);
    };
    batch.then((read) => {
      if (read.upTo <= from) forget();
    }, forget);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= KEPT_BATCHES) break;
      this.#kept.delete(oldest);
    }
    return batch;
  }
}
