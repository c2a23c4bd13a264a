import type { LinkStats } from '@peermesh/link';
import type { LinkMetrics } from '@peermesh/routing';

const SMOOTHING = 1 / 4;
const PER_MILLION = 1_000_000;
const BITS = 8;

/** What routing is told about one link, from its lanes' measurements. */
export class LinkMeter {
  readonly #linkKbps: number;
  #rttMs = 0;
  #jitterMs = 0;
  #loss = 0;
  #sentBatches = 0;
  #lostBatches = 0;
  #sentBytes = 0;
  #atMs: number;

  constructor(linkKbps: number, nowMs: number) {
    this.#linkKbps = linkKbps;
    this.#atMs = nowMs;
  }

  /** @param weight set by an operator, 0 to 65,535. */
  measure(stats: LinkStats, weight: number, nowMs: number): LinkMetrics {
    let rttMs = Number.POSITIVE_INFINITY;
    let [sentBatches, lostBatches, sentBytes, rate] = [0, 0, 0, 0];
    for (const lane of stats.lanes) {
      if (lane.isConnected && lane.rttMs > 0) rttMs = Math.min(rttMs, lane.rttMs);
      sentBatches += lane.sentBatches;
      lostBatches += lane.lostBatches;
      sentBytes += lane.sentBytes;
      rate += lane.isConnected ? lane.rate : 0;
    }
    if (Number.isFinite(rttMs)) this.#smooth(rttMs);
    const sent = sentBatches - this.#sentBatches;
    const loss = sent > 0 ? Math.min(1, (lostBatches - this.#lostBatches) / sent) : 0;
    this.#loss += (loss - this.#loss) * SMOOTHING;
    const elapsedMs = Math.max(1, nowMs - this.#atMs);
    const usedKbps = ((sentBytes - this.#sentBytes) * BITS) / elapsedMs;
    [this.#sentBatches, this.#lostBatches, this.#sentBytes, this.#atMs] = [sentBatches, lostBatches, sentBytes, nowMs];
    const isBusy = usedKbps > (rate * BITS) / 2;
    const capacityKbps = isBusy && rate > 0 ? rate * BITS : this.#linkKbps;
    return {
      latencyUs: Math.round(this.#rttMs * 1_000),
      jitterUs: Math.round(this.#jitterMs * 1_000),
      lossPpm: Math.round(this.#loss * PER_MILLION),
      spareKbps: Math.max(0, Math.round(capacityKbps - usedKbps)),
      weight,
    };
  }

  #smooth(rttMs: number): void {
    if (this.#rttMs === 0) this.#rttMs = rttMs;
    this.#jitterMs += (Math.abs(rttMs - this.#rttMs) - this.#jitterMs) * SMOOTHING;
    this.#rttMs += (rttMs - this.#rttMs) * SMOOTHING;
  }
}
