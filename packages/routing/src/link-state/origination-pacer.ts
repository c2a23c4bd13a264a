/** How often a node may speak: at once after a quiet time, then ever less often while changes go on. */
export interface OriginationPacing {
  /** Shortest time between two advertisements, and the only wait that a lost link ever has, ms. */
  readonly intervalMinMs: number;
  /** The doubling ends here, ms. */
  readonly intervalMaxMs: number;
}

export const DEFAULT_ORIGINATION_PACING: OriginationPacing = { intervalMinMs: 50, intervalMaxMs: 5_000 };

/** Decides when a wanted advertisement is made. The doubling is forgotten after twice the longest interval in silence. */
export class OriginationPacer {
  readonly #pacing: OriginationPacing;
  #lastMs = Number.NEGATIVE_INFINITY;
  #intervalMs: number;
  #dueAtMs = Number.POSITIVE_INFINITY;

  constructor(pacing: OriginationPacing) {
    this.#pacing = pacing;
    this.#intervalMs = pacing.intervalMinMs;
  }

  /** When the wanted advertisement may be made; infinity when none is wanted. */
  get dueAtMs(): number {
    return this.#dueAtMs;
  }

  /** `isUrgent` (a link went down) waits for the shortest interval only, whatever the doubling has come to. */
  request(nowMs: number, isUrgent: boolean): void {
    const intervalMs = isUrgent ? this.#pacing.intervalMinMs : this.#intervalMs;
    this.#dueAtMs = Math.min(this.#dueAtMs, Math.max(nowMs, this.#lastMs + intervalMs));
  }

  onOriginated(nowMs: number): void {
    const { intervalMinMs, intervalMaxMs } = this.#pacing;
    const wasQuiet = nowMs - this.#lastMs > 2 * intervalMaxMs;
    this.#intervalMs = wasQuiet ? intervalMinMs : Math.min(this.#intervalMs * 2, intervalMaxMs);
    this.#lastMs = nowMs;
    this.#dueAtMs = Number.POSITIVE_INFINITY;
  }
}
