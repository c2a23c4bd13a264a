import type { LinkEvent } from '@peermesh/link';
import type { MembershipEvent } from '@peermesh/membership';
import type { RouterEvent } from '@peermesh/routing';
import type { FlowMessage } from './flows/receive-flows.ts';
import type { Dial } from './links/dialler.ts';
import type { ConnectionClose, ConnectionWrite } from './links/link-table.ts';

/** News for the control plane, logs, metrics and the node's disk. */
export type OverlayEvent =
  /** The link to a peer carries frames, or none any more. `shortId` is 0 for a node that is not a member. */
  | { readonly kind: 'link'; readonly peer: string; readonly shortId: number; readonly isUp: boolean }
  | { readonly kind: 'lane'; readonly peer: string; readonly event: LinkEvent }
  | { readonly kind: 'membership'; readonly event: MembershipEvent }
  | { readonly kind: 'routing'; readonly event: RouterEvent }
  /** The mesh remembers a later start than `bootEpoch` said: keep this one. */
  | { readonly kind: 'overtaken'; readonly bootEpoch: number }
  /** The committed list names this node now, under this short id; 0: it does not any more. */
  | { readonly kind: 'self'; readonly shortId: number };

/** A message of a member. Credit of channels in `heldChannels` is given back by `release`. */
export interface OverlayDelivery extends Omit<FlowMessage, 'kind'> {
  readonly channel: number;
  readonly trafficClass: number;
}

/** A message of a neighbour, member or not, that stands at the other end of a link. */
export interface NeighbourMessage {
  /** Node id, proved by the handshake. */
  readonly peer: string;
  readonly bytes: Uint8Array;
}

/** What is to be done now; each thing is handed over once. */
export interface OverlayReady {
  readonly writes: readonly ConnectionWrite[];
  readonly dials: readonly Dial[];
  readonly closes: readonly ConnectionClose[];
  readonly deliveries: readonly OverlayDelivery[];
  readonly neighbourMessages: readonly NeighbourMessage[];
  readonly events: readonly OverlayEvent[];
  /** Bytes given to `received` that nothing refers to any more: the transport may use their memory again. */
  readonly spentBatches: readonly Uint8Array[];
}
