import { type CostWeights, DEFAULT_COST_WEIGHTS } from '../cost.ts';
import { NodeFlag } from '../link-state/advertisement.ts';
import { DEFAULT_FLAP_DAMPING, type FlapDampingConfig } from '../link-state/flap-damping.ts';
import { DEFAULT_HYSTERESIS, type HysteresisConfig } from '../link-state/local-links.ts';
import { DEFAULT_FLOODING, type FloodingConfig } from '../link-state/neighbour.ts';
import { DEFAULT_ORIGINATION_PACING, type OriginationPacing } from '../link-state/origination-pacer.ts';
import { checkOfferConfig, DEFAULT_OFFERS, type OfferConfig } from '../offers/route-offer.ts';
import { DEFAULT_PATH_SET, type PathSetConfig } from '../paths/path-set.ts';
import { DEFAULT_SPF_BACKOFF, type SpfBackoffConfig } from './spf-backoff.ts';

/** How a mesh routes. The cost weights must be the same on all nodes; the rest may differ. */
export interface RoutingConfig {
  readonly cost: CostWeights;
  readonly damping: FlapDampingConfig;
  readonly hysteresis: HysteresisConfig;
  readonly pacing: OriginationPacing;
  readonly flooding: FloodingConfig;
  readonly backoff: SpfBackoffConfig;
  readonly paths: PathSetConfig;
  /** How far routes of a path computation element are believed. */
  readonly offers: OfferConfig;
  /** An unchanged advertisement is repeated after this long, ms. */
  readonly refreshMs: number;
  /** What is not repeated is forgotten after this long, ms. */
  readonly lifetimeMs: number;
  /** Path sets, and repairs of neighbours, that one tick computes: bounds how long it takes. */
  readonly workPerTick: number;
}

export const DEFAULT_ROUTING: RoutingConfig = {
  cost: DEFAULT_COST_WEIGHTS,
  damping: DEFAULT_FLAP_DAMPING,
  hysteresis: DEFAULT_HYSTERESIS,
  pacing: DEFAULT_ORIGINATION_PACING,
  flooding: DEFAULT_FLOODING,
  backoff: DEFAULT_SPF_BACKOFF,
  paths: DEFAULT_PATH_SET,
  offers: DEFAULT_OFFERS,
  refreshMs: 60_000,
  lifetimeMs: 180_000,
  workPerTick: 16,
};

/** Who a router is. */
export interface RouterIdentity {
  /** The short id that the control group assigned, u32. */
  readonly self: number;
  /** Counts the starts of this node, u32; kept on its disk and raised before the first message. */
  readonly bootEpoch: number;
  /** Short ids; 0 is unset. */
  readonly region: number;
  readonly tenant: number;
  /** Bits of {@link NodeFlag}. */
  readonly flags: number;
}

const U32_MAX = 0xffff_ffff;

/** @throws RangeError naming the first member that is out of range. */
export function checkIdentity(identity: RouterIdentity): void {
  for (const name of ['self', 'bootEpoch', 'region', 'tenant'] as const) {
    const value = identity[name];
    if (!Number.isInteger(value) || value < 0 || value > U32_MAX) throw new RangeError(`${name} must be a u32`);
  }
  checkFlags(identity.flags);
}

/** @throws RangeError for bits that a node cannot choose for itself. */
export function checkFlags(flags: number): void {
  const known = NodeFlag.INBOUND | NodeFlag.RELAY | NodeFlag.DRAIN | NodeFlag.OVERLOAD;
  if ((flags & ~known) !== 0) throw new RangeError('flags must be INBOUND, RELAY, DRAIN or OVERLOAD');
}

/** @throws RangeError when the figures contradict each other. */
export function checkRouting({ refreshMs, lifetimeMs, paths, offers, workPerTick }: RoutingConfig): void {
  checkOfferConfig(offers);
  if (!(lifetimeMs > 2 * refreshMs)) throw new RangeError('lifetimeMs must be more than twice refreshMs');
  if (!Number.isInteger(paths.k) || paths.k < 1) throw new RangeError('paths.k must be at least 1');
  if (!(paths.stretchMax >= 1)) throw new RangeError('paths.stretchMax must be at least 1');
  if (!(workPerTick >= 1)) throw new RangeError('workPerTick must be at least 1');
}
