import {
  createVirtualLink,
  type Established,
  type Flow,
  LANES_MAX,
  type LinkConfig,
  Reassembler,
  type VirtualLink,
} from '@peermesh/link';
import { ParkedFrames } from '../forwarding/parked-frames.ts';

const CLASSES = 3;
const BULK = 2;
/** Bulk flows of others are spread over so many flows of the link, so that they use several lanes. */
const BULK_FLOWS = 4;
const LOCAL_MESSAGE_BYTES_MAX = 1024 * 1024;

/** One connection of a link. */
export interface LaneConnection {
  readonly id: number;
  readonly isDialled: boolean;
  readonly sinceMs: number;
}

/** The VirtualLink to one peer, its connections, and the frames that wait for room on it. */
export class PeerLink {
  /** Node id of the peer. */
  readonly peer: string;
  readonly epoch: number;
  readonly link: VirtualLink;
  /** Since when its peer was not a member, if it is none. */
  strangerSinceMs: number;
  readonly connections: (LaneConnection | null)[] = new Array<LaneConnection | null>(LANES_MAX).fill(null);
  /** Frames of this node and of others, by class, that found no room. */
  readonly parked = Array.from({ length: CLASSES }, () => new ParkedFrames());
  /** What the peer sends to this node itself in fragments. */
  readonly reassembler = new Reassembler({
    messageBytesMax: LOCAL_MESSAGE_BYTES_MAX,
    bytesMax: 2 * LOCAL_MESSAGE_BYTES_MAX,
    timeoutMs: 10_000,
  });
  /** 0 while the peer is not a member. */
  shortId = 0;
  /** As routing was told. */
  isRouted = false;
  /** Something was queued since it was flushed. */
  isTouched = false;
  isGone = false;
  /** Lanes that the link asked for beyond the first. */
  readonly wantedLanes = new Set<number>();
  readonly #reliable: Flow[];
  readonly #bestEffort: Flow[];

  constructor(peer: string, established: Established, config: LinkConfig, random: () => number, nowMs: number) {
    const { version, features, linkEpoch, remote } = established;
    this.peer = peer;
    this.epoch = linkEpoch;
    this.strangerSinceMs = nowMs;
    this.link = createVirtualLink({
      config: { ...config, version, features, peerCreditBytes: remote.creditBytes },
      random,
      epoch: linkEpoch,
    });
    const flows = (isReliable: boolean): Flow[] =>
      Array.from({ length: BULK + BULK_FLOWS }, (_, id) =>
        this.link.openFlow({ id, trafficClass: Math.min(id, BULK), isReliable, whenFull: 'block' }),
      );
    this.#reliable = flows(true);
    this.#bestEffort = flows(false);
  }

  /** The flow of the link for a frame; frames with the same `spread` keep their order. */
  flow(trafficClass: number, isReliable: boolean, spread: number): Flow {
    const index = trafficClass < BULK ? trafficClass : BULK + (spread & (BULK_FLOWS - 1));
    return (isReliable ? this.#reliable : this.#bestEffort)[index]!;
  }

  get hasConnections(): boolean {
    return this.connections.some((connection) => connection !== null);
  }

  get parkedBytes(): number {
    return this.parked.reduce((sum, { bytes }) => sum + bytes, 0);
  }
}
