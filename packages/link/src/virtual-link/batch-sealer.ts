import { BatchHeader, writeBatchHeader } from '../wire/batch.ts';
import { copyBytes } from '../wire/bytes.ts';
import { BATCH_HEADER_BYTES, CLASSES, FRAME_HEADER_BYTES } from '../wire/format.ts';
import type { BatchPool } from './batch-pool.ts';
import type { LinkConfig } from './config.ts';
import type { CreditSender } from './credit.ts';
import type { Flow } from './flow.ts';
import type { Lane } from './lane.ts';
import { roomOn } from './lane-choice.ts';
import type { SendSpace, SentBatch } from './send-space.ts';
import { WaitTime } from './wait-time.ts';

const QUANTUM_BYTES = 16 * 1024;

/** Makes batches of what flows have queued, within window and credit. */
export class BatchSealer {
  readonly pool: BatchPool;
  /** Per class: how long frames have waited for credit. */
  readonly creditWaits = Array.from({ length: CLASSES }, () => new WaitTime());
  readonly #credits: readonly CreditSender[];
  readonly #controlReserve: number;
  readonly #header = new BatchHeader();
  /** Frames that `#drain` moved last. */
  #frames = 0;

  constructor(config: LinkConfig, credits: readonly CreditSender[], epoch: number, pool: BatchPool) {
    this.pool = pool;
    this.#credits = credits;
    this.#controlReserve = config.controlReserve;
    this.#header.version = config.version;
    this.#header.linkEpoch = epoch;
  }

  /** A batch of what `flows` have queued, a quantum from each in turn; null when window or credit leave no room for one. */
  seal(space: SendSpace, flows: Flow[], lane: Lane, waitingBytes: number, nowMs: number): SentBatch | null {
    const window = roomOn(lane, space.trafficClass, this.#controlReserve);
    const credit = this.#credits[space.trafficClass]!;
    const first = BATCH_HEADER_BYTES + flows[0]!.queue.frameBytes;
    const room = Math.min(Math.max(first, lane.batchBytes), window, credit.available + BATCH_HEADER_BYTES);
    if (credit.available + BATCH_HEADER_BYTES < first) this.creditWaits[space.trafficClass]!.begin(nowMs);
    if (room < BATCH_HEADER_BYTES + FRAME_HEADER_BYTES || flows[0]!.queue.frameBytes > room - BATCH_HEADER_BYTES)
      return null;
    const buffer = this.pool.take(Math.min(room, waitingBytes + BATCH_HEADER_BYTES));
    const at = this.#drain(flows, buffer, Math.min(room, buffer.length), space);
    const frames = this.#frames;
    if (frames === 0) {
      this.pool.give(buffer);
      return null;
    }
    credit.take(at - BATCH_HEADER_BYTES);
    this.writeHeader(buffer, space.index, frames, space.nextSeq);
    const { deliveredBytes } = lane.rate;
    const isFull = flows.length > 0;
    const sent = {
      lane: -1,
      sends: 0,
      sentAtMs: nowMs,
      deliveredAtSend: deliveredBytes,
      deliveredAtMs: nowMs,
      isFull,
      isRecalled: false,
    };
    return { seq: space.nextSeq, buffer, length: at, ...sent };
  }

  writeHeader(bytes: Uint8Array, lane: number, frames: number, seq: number): void {
    const header = this.#header;
    header.lane = lane;
    header.frames = frames;
    header.batchSeq = seq;
    writeBatchHeader(header, bytes);
  }

  /** Moves frames into the batch up to `end`; flows that have more go to the end of the line. Returns where it ended. */
  #drain(flows: Flow[], buffer: Uint8Array, end: number, space: SendSpace): number {
    let at = BATCH_HEADER_BYTES;
    let frames = 0;
    for (let flow = flows[0]; flow !== undefined; flow = flows[0]) {
      const { queue } = flow;
      let run = 0;
      let length = queue.frameBytes;
      while (length > 0 && run < QUANTUM_BYTES && at + run + length <= end) {
        run += length;
        frames += 1;
        length = queue.frameBytesAfter(run);
      }
      if (run === 0 && length > 0) break;
      if (run > 0) {
        copyBytes(queue.bytes, queue.head, queue.head + run, buffer, at);
        queue.discard(run);
        at += run;
        flow.home = space.index;
        flow.lastBatchSeq = space.nextSeq;
      }
      flows.shift();
      flow.isQueued = queue.size > 0;
      if (flow.isQueued) flows.push(flow);
    }
    this.#frames = frames;
    return at;
  }
}
