import { DEFAULT_LINK_CONFIG, type LinkConfig } from '@peermesh/link';
import { MEMBERSHIP_PRESETS, type MembershipConfig } from '@peermesh/membership';
import { DEFAULT_ROUTING, type RoutingConfig } from '@peermesh/routing';

/** Connections to peers: when they are dialled, and to how many nodes. */
export interface DialConfig {
  /** First and longest pause between two attempts of one lane, ms; it doubles, and grows by up to a half at random. */
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
  /** An attempt that the transport never answered is over after this long, ms. */
  readonly timeoutMs: number;
  /** A connection that lasted this long, ms, makes earlier failures forgotten. */
  readonly provenMs: number;
  /** Connections of a link at first: 1 collapses it to one, 3 gives every class its own. */
  readonly lanes: number;
  /** Up to this many members everybody dials everybody who can be dialled. */
  readonly fullMeshMax: number;
  /** In a larger mesh: following members in the order of short ids, and members by rendezvous hashing besides. */
  readonly ringLinks: number;
  readonly rendezvousLinks: number;
  /** A node that is not a member loses its connections after this long, ms. */
  readonly strangerMs: number;
}

/** End-to-end flows. */
export interface FlowConfig {
  /** Bytes that a flow accepts before they are acknowledged; more is refused. */
  readonly sendBytesMax: number;
  /** What a receiver grants to one flow, bytes. */
  readonly windowBytes: number;
  readonly messageBytesMax: number;
  readonly ackDelayMs: number;
  /** Received bytes of a flow after which an acknowledgement is due at once. */
  readonly ackEveryBytes: number;
  /** Bounds of the wait for an acknowledgement before the oldest frames are sent again, ms. */
  readonly retransmitMinMs: number;
  readonly retransmitMaxMs: number;
  /** Bytes that a flow over several paths sends over one path before it takes the next. */
  readonly flowletBytes: number;
}

/** Frames that cannot go on at once. */
export interface HoldConfig {
  /** A reliable frame without a route waits this long for one, ms; then its source sends it again. */
  readonly routeMs: number;
  /** Bytes of frames without a route. */
  readonly routeBytesMax: number;
  /** Frames wait for a next hop without room as long as that takes any at all, and this long when it takes none, ms. */
  readonly stallMs: number;
}

/** Which best-effort frame of others is dropped when the next hop has no room. */
export type BestEffortOverflow = 'drop-oldest' | 'drop-newest';

/** Settings of one node's overlay. */
export interface OverlayConfig {
  /** `creditBytes` must be what the transport announces in HELLO. */
  readonly link: LinkConfig;
  readonly membership: MembershipConfig;
  readonly routing: RoutingConfig;
  readonly dial: DialConfig;
  readonly flow: FlowConfig;
  readonly hold: HoldConfig;
  readonly bestEffortOverflow: BestEffortOverflow;
  /** Time between two ticks of a link, ms. */
  readonly linkTickMs: number;
  /** Time between two measurements of a link for routing, ms. */
  readonly measureMs: number;
  /** Bandwidth of a link whose rate is not known yet, kbit/s. */
  readonly linkKbps: number;
  /** Hops that a frame may take. */
  readonly ttl: number;
  /** Channels whose messages keep their flow's credit until `release`. */
  readonly heldChannels: readonly number[];
}

const KIB = 1024;
const MIB = 1024 * KIB;

export const DEFAULT_OVERLAY: OverlayConfig = {
  link: { ...DEFAULT_LINK_CONFIG, resequences: false },
  membership: MEMBERSHIP_PRESETS.lan,
  routing: DEFAULT_ROUTING,
  dial: {
    retryMinMs: 1_000,
    retryMaxMs: 30_000,
    timeoutMs: 20_000,
    provenMs: 10_000,
    lanes: 3,
    fullMeshMax: 8,
    ringLinks: 2,
    rendezvousLinks: 3,
    strangerMs: 30_000,
  },
  flow: {
    sendBytesMax: 4 * MIB,
    windowBytes: MIB,
    messageBytesMax: 4 * MIB,
    ackDelayMs: 5,
    ackEveryBytes: 64 * KIB,
    retransmitMinMs: 400,
    retransmitMaxMs: 5_000,
    flowletBytes: 64 * KIB,
  },
  hold: { routeMs: 5_000, routeBytesMax: MIB, stallMs: 5_000 },
  bestEffortOverflow: 'drop-oldest',
  linkTickMs: 10,
  measureMs: 1_000,
  linkKbps: 1_000_000,
  ttl: 64,
  heldChannels: [],
};
