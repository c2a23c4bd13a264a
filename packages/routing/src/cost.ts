import type { LinkMetrics } from './link-state/advertisement.ts';

/**
 * The weights of the terms of a link's cost. One cost unit is 1 µs of expected delay, so the terms can be added. All
 * nodes of a mesh use the same weights: they come from the configuration that the control group agreed on.
 */
export interface CostWeights {
  /** α: times the smoothed round-trip time. */
  readonly latency: number;
  /** β: times the jitter. */
  readonly jitter: number;
  /** γ: times the expected delay that a retransmission adds, p / (1 - p) × (RTT + {@link CostWeights.recoveryUs}). */
  readonly loss: number;
  /** δ: times the time that {@link CostWeights.burstBytes} take at the spare bandwidth. */
  readonly bandwidth: number;
  /** ε: cost units for each unit of administrative weight. */
  readonly weight: number;
  /** How long a lost segment takes to be noticed, µs. Linux retransmits after 200 ms at the earliest (TCP_RTO_MIN). */
  readonly recoveryUs: number;
  /** The burst by which spare bandwidth is judged, bytes. */
  readonly burstBytes: number;
}

export const DEFAULT_COST_WEIGHTS: CostWeights = {
  latency: 1,
  jitter: 2,
  loss: 1,
  bandwidth: 1,
  weight: 1_000,
  recoveryUs: 200_000,
  burstBytes: 65_536,
};

/** The cost of the worst link. Sums over 255 hops stay exact in a double. */
export const LINK_COST_MAX = 0x3fff_ffff;

/** A whole number from 1 to {@link LINK_COST_MAX}: whole, so that equal paths compare equal on every node. */
export function linkCost(metrics: LinkMetrics, penalty: number, weights: CostWeights): number {
  const lossRate = Math.min(metrics.lossPpm, 999_999) / 1_000_000;
  const retransmitUs = (lossRate / (1 - lossRate)) * (metrics.latencyUs + weights.recoveryUs);
  const burstUs = (weights.burstBytes * 8_000) / Math.max(metrics.spareKbps, 1);
  const cost =
    weights.latency * metrics.latencyUs +
    weights.jitter * metrics.jitterUs +
    weights.loss * retransmitUs +
    weights.bandwidth * burstUs +
    weights.weight * metrics.weight +
    penalty;
  return Math.min(Math.max(Math.round(cost), 1), LINK_COST_MAX);
}
