interface Sample {
  readonly atMs: number;
  readonly head: number;
}

/** A leg this far behind the change log answers, but is called stale. */
export const STALE_AFTER_MS = 30_000;

/**
 * Remembers how far the change log was at which time, so that it can be told whether a leg misses something older than
 * {@link STALE_AFTER_MS}. When the log could not be read for so long, every leg is taken to be behind.
 */
export class LogProgress {
  #samples: Sample[] = [];

  /** Notes the last place in the log. Times must not go back. */
  observe(head: number, nowMs: number): void {
    const last = this.#samples.at(-1);
    if (last !== undefined && last.head === head && this.#samples.length > 1) this.#samples.pop();
    this.#samples.push({ atMs: nowMs, head });
    let settled = 0;
    while ((this.#samples[settled + 1]?.atMs ?? Number.POSITIVE_INFINITY) <= nowMs - STALE_AFTER_MS) settled += 1;
    this.#samples.splice(0, settled);
  }

  /** Whether a leg that has applied the log up to `watermark` misses what is older than the limit. */
  isBehind(watermark: number, nowMs: number): boolean {
    const last = this.#samples.at(-1);
    if (last === undefined) return false;
    if (nowMs - last.atMs > STALE_AFTER_MS) return true;
    const old = this.#samples.findLast(({ atMs }) => atMs <= nowMs - STALE_AFTER_MS);
    return old !== undefined && watermark < old.head;
  }
}
