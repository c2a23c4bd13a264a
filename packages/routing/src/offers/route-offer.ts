import type { Version } from '../link-state/advertisement.ts';

/** A path that somebody else computed for this node. What it costs is not believed but looked up. */
export interface OfferedPath {
  /** Every node after the source, the destination last. */
  readonly segments: readonly number[];
  /** Of 256 parts of the traffic; 0 is for backup only. */
  readonly share: number;
}

/** The paths to one destination, the first one preferred. */
export interface OfferedRoute {
  readonly destination: number;
  readonly paths: readonly OfferedPath[];
}

/** All routes of one node from a path computation element that sees the whole mesh, and what they were computed from. */
export interface RouteOffer {
  readonly source: number;
  /** Names this answer: a confirmation of it gives the same one. */
  readonly tag: string;
  /** Of each advertisement that took part, origin and version. */
  readonly basis: readonly (readonly [number, Version])[];
  /** How long it may be used from now on, ms; the node's own limit may be shorter. */
  readonly validForMs: number;
  readonly routes: readonly OfferedRoute[];
}

/**
 * Why an offer, a route or a path of it is not used; a closed set, each a counter.
 *
 * Whole offers: `wrong-node` is for another node; `expired` has no time left; `behind` comes from advertisements that have been
 * replaced here for longer than the lag that is tolerated; `older` than what is installed; `too-large` in routes or origins.
 * Routes: `malformed` in itself (a loop, another destination, a share that is none); `too-long` and `too-many` beyond the limits.
 * Paths: `unconfirmed` goes over a link that not both ends advertise here; `no-transit` through a node that does not relay or
 * drains; `overloaded` through a node that asks for relief although there is a way around.
 */
export type OfferRefusal =
  | 'wrong-node'
  | 'expired'
  | 'behind'
  | 'older'
  | 'too-large'
  | 'malformed'
  | 'too-long'
  | 'too-many'
  | 'unconfirmed'
  | 'no-transit'
  | 'overloaded';

/** How far offered routes are believed. */
export interface OfferConfig {
  /** Without confirmation for so long, own routes are used again, ms. */
  readonly freshMs: number;
  /** For how long an advertisement may be installed here and be missing in what an offer was computed from, ms. */
  readonly lagMaxMs: number;
  /** Hops of a path at most: what a frame can carry. */
  readonly hopsMax: number;
  /** Paths to one destination at most. */
  readonly pathsMax: number;
  /** Routes, and origins of the basis, at most. */
  readonly routesMax: number;
}

export const DEFAULT_OFFERS: OfferConfig = {
  freshMs: 30_000,
  lagMaxMs: 10_000,
  hopsMax: 32,
  pathsMax: 8,
  routesMax: 10_000,
};

/** @throws RangeError when the figures cannot work. */
export function checkOfferConfig(config: OfferConfig): void {
  for (const name of ['freshMs', 'lagMaxMs', 'hopsMax', 'pathsMax', 'routesMax'] as const) {
    if (!(config[name] >= 1)) throw new RangeError(`offers.${name} must be at least 1`);
  }
}
