import { ByteQueue } from './byte-queue.ts';
import { CreditSender } from './credit.ts';

/** What a flow asks of the link. */
export interface FlowOptions {
  readonly id: number;
  /** 0 control, 1 priority, 2 bulk. */
  readonly trafficClass: number;
  /** A reliable frame, once accepted, is delivered exactly once while the link lives. */
  readonly isReliable: boolean;
  /** Spread over the bulk lanes; its frames carry consecutive sequence numbers from 1. Only for class bulk. */
  readonly isStriped?: boolean;
  /** What becomes of a best-effort frame when there is no room. A reliable one always waits. */
  readonly whenFull?: 'block' | 'drop-oldest' | 'drop-newest';
  /** Told of each frame that makes room for a newer one: where it begins in `bytes`, which change after the call. */
  readonly onDroppedOldest?: (bytes: Uint8Array, at: number) => void;
  /** Initial credit of the consumer at the far end; without it only the hop's credit counts. */
  readonly creditBytes?: number;
}

/** Best-effort frames that were not sent, by reason. */
export interface DropCounters {
  oldest: number;
  newest: number;
  noCredit: number;
}

/** A flow of one link: its queue, where it is pinned, its end-to-end credit and its counters. Made by `openFlow`. */
export class Flow {
  readonly id: number;
  readonly trafficClass: number;
  readonly isReliable: boolean;
  readonly isStriped: boolean;
  readonly whenFull: 'block' | 'drop-oldest' | 'drop-newest';
  readonly onDroppedOldest: ((bytes: Uint8Array, at: number) => void) | null;
  readonly credit: CreditSender | null;
  readonly dropped: DropCounters = { oldest: 0, newest: 0, noCredit: 0 };
  readonly queue = new ByteQueue();
  /** The sequence space that its frames go into, and the last batch there that holds one. */
  home = -1;
  lastBatchSeq = 0;
  isQueued = false;

  constructor(options: FlowOptions, isStriped: boolean) {
    this.id = options.id;
    this.trafficClass = options.trafficClass;
    this.isReliable = options.isReliable;
    this.isStriped = isStriped;
    this.whenFull = options.isReliable ? 'block' : (options.whenFull ?? 'drop-oldest');
    this.onDroppedOldest = options.onDroppedOldest ?? null;
    this.credit = options.creditBytes === undefined ? null : new CreditSender(options.creditBytes);
  }

  /** A further grant of the consumer: cumulative bytes of frames, modulo 2^32. True when there is more than before. */
  grant(limitBytes: number): boolean {
    return this.credit?.grant(limitBytes) ?? false;
  }
}
