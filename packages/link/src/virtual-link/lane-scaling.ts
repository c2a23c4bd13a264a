import { TrafficClass } from '../wire/format.ts';
import type { LinkConfig } from './config.ts';
import type { Lane } from './lane.ts';

/** What the bulk lanes did up to now. */
export interface BulkLoad {
  readonly lanes: number;
  /** Unacknowledged bytes as a share of the windows, 0 to 1. */
  readonly utilisation: number;
  /** Bytes acknowledged since the link began. */
  readonly deliveredBytes: number;
}

const REMEMBER_MS = 600_000;
const SMOOTH_MS = 250;
const DIAL_MS_MAX = 30_000;

/**
 * When to ask for a further bulk lane and when to give one up. Another lane is worth it only while the last one that was
 * added raised throughput; that memory fades after ten minutes, since paths change.
 */
export class LaneScaling {
  readonly #config: LinkConfig;
  #busySinceMs: number | null = null;
  #idleSinceMs: number | null = null;
  #trial: {
    readonly lanes: number;
    readonly rateBefore: number;
    askedMs: number;
    sinceMs: number;
    bytesAtStart: number;
  } | null = null;
  #noGainUntilMs = Number.NEGATIVE_INFINITY;
  #busyBytes = 0;
  /** Smoothed: the load comes and goes with each batch. */
  #utilisation = 0;
  #lastMs = 0;

  constructor(config: LinkConfig) {
    this.#config = config;
  }

  /** `out` to dial a further lane, `in` to close one. */
  tick(load: BulkLoad, nowMs: number): 'out' | 'in' | null {
    this.#utilisation += (load.utilisation - this.#utilisation) * Math.min(1, (nowMs - this.#lastMs) / SMOOTH_MS);
    this.#lastMs = nowMs;
    this.#judgeTrial(load, nowMs);
    const { scaleOutUtilisation, scaleOutAfterMs, scaleInUtilisation, scaleInAfterMs, bulkLanesMax } = this.#config;
    const isBusy = this.#utilisation > scaleOutUtilisation;
    const isIdle = this.#utilisation < scaleInUtilisation;
    if (!isBusy) this.#busySinceMs = null;
    else if (this.#busySinceMs === null) {
      this.#busySinceMs = nowMs;
      this.#busyBytes = load.deliveredBytes;
    }
    this.#idleSinceMs = isIdle ? (this.#idleSinceMs ?? nowMs) : null;
    if (this.#busySinceMs !== null && nowMs - this.#busySinceMs >= scaleOutAfterMs) {
      const rate = (load.deliveredBytes - this.#busyBytes) / (nowMs - this.#busySinceMs);
      this.#busySinceMs = null;
      if (load.lanes === 0 || load.lanes >= bulkLanesMax || this.#trial !== null || nowMs < this.#noGainUntilMs)
        return null;
      this.#trial = { lanes: load.lanes + 1, rateBefore: rate, askedMs: nowMs, sinceMs: -1, bytesAtStart: 0 };
      return 'out';
    }
    if (this.#idleSinceMs !== null && nowMs - this.#idleSinceMs >= scaleInAfterMs && load.lanes > 1) {
      this.#idleSinceMs = null;
      return 'in';
    }
    return null;
  }

  /** From when the lane is there, its first `scaleOutAfterMs` are for finding its rate, the next are measured. */
  #judgeTrial(load: BulkLoad, nowMs: number): void {
    const trial = this.#trial;
    if (trial === null) return;
    const { scaleOutAfterMs, scaleOutGainMin, scaleOutUtilisation } = this.#config;
    if (this.#utilisation < scaleOutUtilisation / 2) {
      this.#trial = null;
      return;
    }
    if (load.lanes < trial.lanes) {
      if (nowMs - trial.askedMs > DIAL_MS_MAX) this.#trial = null;
      return;
    }
    if (trial.sinceMs < 0) trial.sinceMs = nowMs;
    if (trial.bytesAtStart === 0) {
      if (nowMs - trial.sinceMs < scaleOutAfterMs) return;
      trial.sinceMs = nowMs;
      trial.bytesAtStart = load.deliveredBytes;
      return;
    }
    if (nowMs - trial.sinceMs < scaleOutAfterMs) return;
    const rate = (load.deliveredBytes - trial.bytesAtStart) / (nowMs - trial.sinceMs);
    if (rate < trial.rateBefore * (1 + scaleOutGainMin)) this.#noGainUntilMs = nowMs + REMEMBER_MS;
    this.#trial = null;
  }
}

export function bulkLoad(all: readonly Lane[], deliveredBytes: number): BulkLoad {
  let lanes = 0;
  let inFlight = 0;
  let window = 0;
  for (const lane of all) {
    if (lane.trafficClass !== TrafficClass.bulk || lane.fitness < 2) continue;
    lanes += 1;
    inFlight += lane.inFlightBytes;
    window += lane.windowBytes;
  }
  return { lanes, utilisation: window === 0 ? 0 : inFlight / window, deliveredBytes };
}
