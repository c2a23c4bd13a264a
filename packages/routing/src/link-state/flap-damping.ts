/** Penalties for links that flap, after RFC 2439: each loss adds to a figure that decays with a half-life. */
export interface FlapDampingConfig {
  /** Points for each time the link goes down. */
  readonly pointsPerLoss: number;
  /** From here on the link's return is not advertised. */
  readonly suppressPoints: number;
  /** Below this it is advertised again. */
  readonly reusePoints: number;
  /** More points are not collected: together with the half-life this bounds how long a link is held back. */
  readonly pointsMax: number;
  readonly halfLifeMs: number;
  /** What each remaining point adds to the cost of the link, cost units (1 µs). */
  readonly costPerPoint: number;
}

/** A link is held back after three losses in short order, for 10 to 30 s after its last loss. */
export const DEFAULT_FLAP_DAMPING: FlapDampingConfig = {
  pointsPerLoss: 1_000,
  suppressPoints: 2_500,
  reusePoints: 1_000,
  pointsMax: 8_000,
  halfLifeMs: 10_000,
  costPerPoint: 10,
};

/** The flap history of one link. */
export class FlapDamping {
  readonly #config: FlapDampingConfig;
  #points = 0;
  #atMs = 0;
  #isSuppressed = false;

  constructor(config: FlapDampingConfig) {
    this.#config = config;
  }

  onLoss(nowMs: number): void {
    const { pointsPerLoss, pointsMax, suppressPoints } = this.#config;
    this.#points = Math.min(this.points(nowMs) + pointsPerLoss, pointsMax);
    this.#atMs = nowMs;
    if (this.#points >= suppressPoints) this.#isSuppressed = true;
  }

  points(nowMs: number): number {
    const elapsedMs = Math.max(nowMs - this.#atMs, 0);
    return this.#points * 2 ** (-elapsedMs / this.#config.halfLifeMs);
  }

  isSuppressed(nowMs: number): boolean {
    if (this.#isSuppressed && this.points(nowMs) < this.#config.reusePoints) this.#isSuppressed = false;
    return this.#isSuppressed;
  }

  /** When a link that is held back now may be advertised again. */
  reuseAtMs(nowMs: number): number {
    const { halfLifeMs, reusePoints } = this.#config;
    return nowMs + Math.max(0, halfLifeMs * Math.log2(this.points(nowMs) / reusePoints)) + 1;
  }

  /** What the history adds to the cost of the link, cost units. */
  costPenalty(nowMs: number): number {
    return Math.round(this.points(nowMs) * this.#config.costPerPoint);
  }
}
