export {
  type BestEffortOverflow,
  DEFAULT_OVERLAY,
  type DialConfig,
  type FlowConfig,
  type HoldConfig,
  type OverlayConfig,
} from './config.ts';
export type { HeldBytes, OverlaySigner } from './control/member-core.ts';
export type { DropReason, OverlayCounters } from './counters.ts';
export type { NeighbourMessage, OverlayDelivery, OverlayEvent, OverlayReady } from './events.ts';
export {
  type Acknowledgement,
  decodeAcknowledgements,
  encodeAcknowledgements,
} from './flows/acknowledgement.ts';
export { Channel } from './flows/channel.ts';
export { type FlowKind, flowKindOf } from './flows/flow-id.ts';
export type { Acceptance } from './flows/flows.ts';
export type { Dial } from './links/dialler.ts';
export type { CloseReason, ConnectionClose, ConnectionInfo, ConnectionWrite } from './links/link-table.ts';
export type { LinkView } from './links/peer-link.ts';
export type { OverlayMember } from './members.ts';
export type { MeshOfferRefusal, MeshRouteOffer, OverlayInheritance, OverlayOptions, SendOptions } from './options.ts';
export { Overlay } from './overlay.ts';
