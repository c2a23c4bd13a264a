import {
  type BatchPool,
  createVirtualLink,
  type Established,
  type Flow,
  type FlowOptions,
  FrameCursor,
  LANES_MAX,
  type LinkStats,
  Reassembler,
  type VirtualLink,
} from '@peermesh/link';
import type { LinkMetrics } from '@peermesh/routing';
import type { OverlayConfig } from '../config.ts';
import { ParkedFrames } from '../forwarding/parked-frames.ts';
import { LinkMeter } from './link-metrics.ts';

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

/** A link as an operator sees it. */
export interface LinkView {
  readonly peer: string;
  /** 0 for a node that is not a member. */
  readonly shortId: number;
  /** Of the two processes that it is between. */
  readonly epoch: number;
  readonly isUp: boolean;
  /** Whether this node dialled a connection of it. */
  readonly isDialled: boolean;
  /** Bytes that wait for room on it besides what its own queues hold. */
  readonly parkedBytes: number;
  readonly stats: LinkStats;
  /** Batches refused, by reason. */
  readonly refused: ReadonlyMap<string, number>;
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
  readonly #transit: Flow[];
  readonly #dropped = new FrameCursor();
  readonly #meter: LinkMeter;

  constructor(
    peer: string,
    established: Established,
    shared: {
      readonly config: OverlayConfig;
      readonly random: () => number;
      readonly pool: BatchPool;
      /** Told of a best-effort frame of others that gave its room to a newer one, by its flow. */
      readonly onDisplaced: (flow: number) => void;
    },
    nowMs: number,
  ) {
    const { config, random, pool, onDisplaced } = shared;
    const { version, features, linkEpoch, remote } = established;
    this.peer = peer;
    this.epoch = linkEpoch;
    this.strangerSinceMs = nowMs;
    this.#meter = new LinkMeter(config.linkKbps, nowMs);
    this.link = createVirtualLink({
      config: { ...config.link, version, features, peerCreditBytes: remote.creditBytes },
      random,
      epoch: linkEpoch,
      pool,
    });
    const flows = (options: Pick<FlowOptions, 'isReliable' | 'whenFull' | 'onDroppedOldest'>): Flow[] =>
      Array.from({ length: BULK + BULK_FLOWS }, (_, id) =>
        this.link.openFlow({ id, trafficClass: Math.min(id, BULK), ...options }),
      );
    this.#reliable = flows({ isReliable: true });
    this.#bestEffort = flows({ isReliable: false, whenFull: 'block' });
    const onDroppedOldest = (bytes: Uint8Array, at: number): void => {
      this.#dropped.reset(bytes, at, bytes.length);
      if (this.#dropped.next()) onDisplaced(this.#dropped.flow);
    };
    this.#transit = flows({ isReliable: false, whenFull: config.bestEffortOverflow, onDroppedOldest });
  }

  /** The flow of the link for a frame of this node; frames with the same `spread` keep their order. */
  flow(trafficClass: number, isReliable: boolean, spread: number): Flow {
    return (isReliable ? this.#reliable : this.#bestEffort)[indexOf(trafficClass, spread)]!;
  }

  /** The same for a frame of others: what is best effort there makes room by the policy, since nobody can be told to wait. */
  transitFlow(trafficClass: number, isReliable: boolean, spread: number): Flow {
    return (isReliable ? this.#reliable : this.#transit)[indexOf(trafficClass, spread)]!;
  }

  /** What routing is told of it. */
  measure(nowMs: number): LinkMetrics {
    return this.#meter.measure(this.link.stats(), 0, nowMs);
  }

  view(): LinkView {
    const { peer, shortId, epoch, parkedBytes, link } = this;
    const isDialled = this.connections.some((connection) => connection?.isDialled === true);
    return {
      peer,
      shortId,
      epoch,
      isUp: link.isUp,
      isDialled,
      parkedBytes,
      stats: link.stats(),
      refused: link.refused,
    };
  }

  get hasConnections(): boolean {
    return this.connections.some((connection) => connection !== null);
  }

  get parkedBytes(): number {
    return this.parked.reduce((sum, { bytes }) => sum + bytes, 0);
  }
}

function indexOf(trafficClass: number, spread: number): number {
  return trafficClass < BULK ? trafficClass : BULK + (spread & (BULK_FLOWS - 1));
}
