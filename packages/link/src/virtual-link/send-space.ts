import type { Flow } from './flow.ts';

/** A sealed batch until it is acknowledged. */
export interface SentBatch {
  readonly seq: number;
  /** Pooled: longer than the batch. */
  readonly buffer: Uint8Array;
  readonly length: number;
  /** The lane that carried it last; -1 when it waits to be sent. */
  lane: number;
  sends: number;
  sentAtMs: number;
  deliveredAtSend: number;
  deliveredAtMs: number;
  /** There was more to send than the lane could take. */
  isFull: boolean;
  /** Given back by `recall` while the link was down. */
  isRecalled: boolean;
}

/**
 * One sequence of batches. It outlives the connection of the same number: when that dies another lane carries the space,
 * its unacknowledged batches first, so whatever is pinned to it stays in order without being moved.
 */
export class SendSpace {
  readonly index: number;
  readonly trafficClass: number;
  /** The lane that carries new batches; -1 for none. */
  carrier = -1;
  acked = 0;
  nextSeq = 1;
  /** Pinned flows that have frames waiting, served in turn. */
  readonly queued: Flow[] = [];
  queuedBytes = 0;
  /** Batches that wait to be sent again. */
  waiting = 0;
  #batches: SentBatch[] = [];
  #first = 0;

  constructor(index: number, trafficClass: number) {
    this.index = index;
    this.trafficClass = trafficClass;
  }

  get unackedCount(): number {
    return this.#batches.length - this.#first;
  }

  get oldest(): SentBatch | undefined {
    return this.#batches[this.#first];
  }

  /** Oldest first. */
  unacked(): SentBatch[] {
    return this.#batches.slice(this.#first);
  }

  append(batch: SentBatch): void {
    this.#batches.push(batch);
    this.nextSeq += 1;
  }

  /** The oldest batch if `seq` acknowledges it, then no longer kept. */
  shift(seq: number): SentBatch | null {
    const batch = this.#batches[this.#first];
    if (batch === undefined || batch.seq > seq) return null;
    this.#first += 1;
    this.acked = batch.seq;
    if (this.#first > 64 && this.#first * 2 > this.#batches.length) {
      this.#batches = this.#batches.slice(this.#first);
      this.#first = 0;
    }
    return batch;
  }
}
