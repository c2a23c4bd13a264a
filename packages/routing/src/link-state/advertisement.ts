/** What a node says about itself, as bits of {@link Advertisement.flags}. Unknown bits are kept and forwarded. */
export const NodeFlag = {
  /** Accepts connections from outside. */
  INBOUND: 1,
  /** Forwards traffic of others. Without it the node is only ever a source or a destination. */
  RELAY: 2,
  /** Is being taken out of service: no traffic of others goes through it. */
  DRAIN: 4,
  /** Is short of resources: used for the traffic of others only where nothing else is left. */
  OVERLOAD: 8,
  /** The last word of its origin before it leaves: the database keeps the version and forgets the links. */
  WITHDRAWN: 16,
} as const;

/** The measured components of one direction of a link, from which its cost is made. */
export interface LinkMetrics {
  /** Smoothed round-trip time, µs. */
  readonly latencyUs: number;
  /** Smoothed variation of the round-trip time, µs. */
  readonly jitterUs: number;
  /** Lost frames per million. */
  readonly lossPpm: number;
  /** Bandwidth that is not in use, kbit/s. */
  readonly spareKbps: number;
  /** Set by an operator, 0 to 65,535: makes a link dearer. */
  readonly weight: number;
}

/** One adjacency in an advertisement. Links are ordered by `peer`, then `linkId`, without repetition. */
export interface AdvertisedLink extends LinkMetrics {
  readonly peer: number;
  readonly linkId: number;
  /** What the flap history of the link adds to its cost, cost units. */
  readonly penalty: number;
  /** Shared-risk groups (a cable, a provider, a room), ascending without repetition. */
  readonly riskGroups: readonly number[];
}

/**
 * Orders the advertisements of one origin: `epoch` counts the starts of the node and is kept on its disk, `seq` counts
 * inside one start. Two u32 instead of one u64 keep BigInt out of the hot path.
 */
export interface Version {
  readonly epoch: number;
  readonly seq: number;
}

/** A link-state advertisement without its signature. Ids are the 32-bit short ids of the mesh control group. */
export interface Advertisement {
  readonly origin: number;
  readonly version: Version;
  readonly flags: number;
  /** Region and tenant of the origin as short ids; 0 is unset. */
  readonly region: number;
  readonly tenant: number;
  /** For how long after its arrival a node believes it, ms. */
  readonly lifetimeMs: number;
  readonly links: readonly AdvertisedLink[];
}

/** Negative when `a` is older than `b`, 0 when they are the same version. */
export function compareVersions(a: Version, b: Version): number {
  return a.epoch === b.epoch ? a.seq - b.seq : a.epoch - b.epoch;
}

const U32_MAX = 0xffff_ffff;

/** The version after `version`; a full sequence number carries into the epoch. */
export function nextVersion({ epoch, seq }: Version): Version {
  return seq >= U32_MAX ? { epoch: epoch + 1, seq: 1 } : { epoch, seq: seq + 1 };
}

export function hasFlag(flags: number, flag: number): boolean {
  return (flags & flag) !== 0;
}

/** Whether the node carries the traffic of others, and not only as a last resort. */
export function isTransit(flags: number): boolean {
  return hasFlag(flags, NodeFlag.RELAY) && !hasFlag(flags, NodeFlag.DRAIN);
}
