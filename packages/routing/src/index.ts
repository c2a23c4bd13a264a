export { type CostWeights, DEFAULT_COST_WEIGHTS, LINK_COST_MAX, linkCost } from './cost.ts';
export { type Forwarding, ForwardingTable, TREE_PATH_ID } from './forwarding/forwarding-table.ts';
export {
  type DisjointPaths,
  type ForwardingChange,
  type Path,
  type PathTree,
  type RepairTable,
  type Route,
  SEGMENTS_MAX,
} from './forwarding/routes.ts';
export { buildGraph, type CompactGraph, type GraphLink, type GraphNode } from './graph/compact-graph.ts';
export {
  type AdvertisedLink,
  type Advertisement,
  compareVersions,
  hasFlag,
  type LinkMetrics,
  NodeFlag,
  type Version,
} from './link-state/advertisement.ts';
export {
  type DecodeFault,
  decodeAdvertisement,
  encodeAdvertisement,
  LINKS_MAX,
  SIGNATURE_BYTES,
} from './link-state/advertisement-codec.ts';
export {
  type DatabaseEntry,
  LinkStateDatabase,
  type Offer,
  type Refusal,
  type RoutingMembers,
} from './link-state/database.ts';
export { DEFAULT_FLAP_DAMPING, type FlapDampingConfig } from './link-state/flap-damping.ts';
export type { OutgoingMessage } from './link-state/flooding.ts';
export { DEFAULT_HYSTERESIS, type HysteresisConfig, type LocalLink } from './link-state/local-links.ts';
export { decodeMessage, encodeMessage, type RoutingMessage, type VersionedOrigin } from './link-state/messages.ts';
export { DEFAULT_FLOODING, type FloodingConfig } from './link-state/neighbour.ts';
export { DEFAULT_ORIGINATION_PACING, type OriginationPacing } from './link-state/origination-pacer.ts';
export {
  type AdvertisementSigner,
  parseSigned,
  type SignedAdvertisement,
  signAdvertisement,
} from './link-state/signing.ts';
export { TopologyBuilder } from './link-state/topology.ts';
export type { OfferCounters, OfferInUse } from './offers/offered-routes.ts';
export {
  DEFAULT_OFFERS,
  type OfferConfig,
  type OfferedPath,
  type OfferedRoute,
  type OfferRefusal,
  type RouteOffer,
} from './offers/route-offer.ts';
export type { PairDisjointness } from './paths/disjoint-candidates.ts';
export type { Avoidance, Without } from './paths/exclusions.ts';
export { PathComputer, type PathComputerCounters } from './paths/path-computer.ts';
export type { DescribedPath } from './paths/path-description.ts';
export { PathFinder } from './paths/path-finder.ts';
export {
  type NoPathReason,
  type PathAnswer,
  type PathConstraints,
  type PathQuery,
  QUERY_PATHS_MAX,
} from './paths/path-query.ts';
export { DEFAULT_PATH_SET, type PathSetConfig } from './paths/path-set.ts';
export {
  Router,
  type RouterCounters,
  type RouterEvent,
  type RouterPorts,
  type RouterReady,
} from './router/router.ts';
export { DEFAULT_ROUTING, type RouterIdentity, type RoutingConfig } from './router/router-config.ts';
export { DEFAULT_SPF_BACKOFF, type SpfBackoffConfig, type SpfBackoffState } from './router/spf-backoff.ts';
