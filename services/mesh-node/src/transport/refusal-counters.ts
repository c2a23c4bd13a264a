import type { RefusalReason } from './port.ts';

/** Refusals by reason. */
export class RefusalCounters {
  readonly counts = new Map<RefusalReason, number>();

  add(reason: RefusalReason): void {
    this.counts.set(reason, (this.counts.get(reason) ?? 0) + 1);
  }
}
