import type { OfferRefusal, RouteOffer } from '@peermesh/routing';
import type { OverlayConfig } from './config.ts';
import type { OverlaySigner } from './control/member-core.ts';
import type { FlowKind } from './flows/flow-id.ts';
import type { ParkedFrame } from './forwarding/parked-frames.ts';
import type { LinkTable } from './links/link-table.ts';

/**
 * What an overlay leaves to the next one in the same process: to its peers that is the same life, so its links go on where
 * they were, and epochs that were used are not used again.
 */
export interface OverlayInheritance {
  readonly links: LinkTable;
  readonly held: readonly ParkedFrame[];
  readonly bootEpoch: number;
  readonly hasBeenMember: boolean;
}

/** What an overlay is made of. Times are ms of one clock that never goes back. */
export interface OverlayOptions {
  readonly meshId: string;
  /** This node's public key, base64url without padding. */
  readonly nodeId: string;
  /** Counts the starts of this node; kept on its disk and raised before each start. */
  readonly bootEpoch: number;
  /** What this node offers, bits of `NodeFlag`: INBOUND, RELAY. */
  readonly flags: number;
  readonly config: OverlayConfig;
  readonly signer: OverlaySigner;
  /** A number in [0, 1); the only source of randomness. */
  readonly random: () => number;
  readonly nowMs: number;
  /** What `retire` of the last overlay in this process returned. */
  readonly inheritance?: OverlayInheritance | undefined;
}

/** How a message is sent. */
export type SendOptions = Pick<FlowKind, 'trafficClass' | 'isReliable'> &
  Partial<Pick<FlowKind, 'index' | 'isMultiPath'>>;

/** Routes of a path computation element, and the mesh and the node (by its key) that they are for. */
export interface MeshRouteOffer extends RouteOffer {
  readonly meshId: string;
  readonly nodeId: string;
}

/** Why an offer is not taken as a whole; what the database contradicts is refused path by path, and counted by the router. */
export type MeshOfferRefusal = OfferRefusal | 'other-mesh' | 'other-key' | 'not-a-member';
