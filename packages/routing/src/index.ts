export { type CostWeights, DEFAULT_COST_WEIGHTS, LINK_COST_MAX, linkCost } from './cost.ts';
export {
  type AdvertisedLink,
  type Advertisement,
  compareVersions,
  hasFlag,
  type LinkMetrics,
  NodeFlag,
  type Version,
} from './link-state/advertisement.ts';
export { type DecodeFault, decodeAdvertisement, encodeAdvertisement } from './link-state/advertisement-codec.ts';
export { DEFAULT_FLAP_DAMPING, type FlapDampingConfig } from './link-state/flap-damping.ts';
export { DEFAULT_HYSTERESIS, type HysteresisConfig, type LocalLink } from './link-state/local-links.ts';
export { DEFAULT_ORIGINATION_PACING, type OriginationPacing } from './link-state/origination-pacer.ts';
export type { AdvertisementSigner, SignedAdvertisement } from './link-state/signing.ts';
