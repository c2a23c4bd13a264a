import { updateBatchHeader } from '../wire/batch.ts';
import { BATCH_HEADER_BYTES, CLASSES, TrafficClass } from '../wire/format.ts';
import type { BatchPool } from './batch-pool.ts';
import { BatchSealer } from './batch-sealer.ts';
import type { LinkConfig } from './config.ts';
import { CreditSender } from './credit.ts';
import type { Flow } from './flow.ts';
import type { Lane } from './lane.ts';
import { chooseCarrier, chooseStripe } from './lane-choice.ts';
import type { Receiver } from './receiver.ts';
import { SendSpace, type SentBatch } from './send-space.ts';
import { classOf, FIRST_BULK } from './spaces.ts';

/** Bytes for one lane's connection, in order. They stay unchanged until the batch is acknowledged. */
export interface LaneWrite {
  readonly lane: number;
  readonly bytes: Uint8Array;
}

const RETRANSMIT_MS_MAX = 5_000;

/** Makes batches of what flows have queued, keeps them until acknowledged, and sends them again where they were lost. */
export class Sender {
  readonly spaces: readonly SendSpace[];
  readonly credits: readonly CreditSender[];
  readonly striped: Flow[] = [];
  /** Accepted and not yet in a batch. */
  queuedBytes = 0;
  /** In batches and not yet acknowledged. */
  unackedBytes = 0;
  deliveredBytes = 0;
  resends = 0;
  duplicated = 0;
  writes: LaneWrite[] = [];
  readonly #config: LinkConfig;
  readonly #lanes: readonly Lane[];
  readonly #receiver: Receiver;
  readonly #sealer: BatchSealer;
  #isStripedFirst = false;

  constructor(config: LinkConfig, lanes: readonly Lane[], receiver: Receiver, epoch: number, pool: BatchPool) {
    this.#config = config;
    this.#lanes = lanes;
    this.#receiver = receiver;
    this.spaces = lanes.map((lane) => new SendSpace(lane.index, lane.trafficClass));
    this.credits = Array.from({ length: CLASSES }, (_, i) => new CreditSender(config.peerCreditBytes[i] ?? 0));
    this.#sealer = new BatchSealer(config, this.credits, epoch, pool);
  }

  /** Takes note of a grant. True when there is more credit than before. */
  onGrant(trafficClass: number, limit: number, nowMs: number): boolean {
    const isMore = this.credits[trafficClass]!.grant(limit);
    if (isMore) this.#sealer.creditWaits[trafficClass]!.end(nowMs);
    return isMore;
  }

  /** Time that frames of each class have waited for credit. */
  get creditWaitMs(): number[] {
    return this.#sealer.creditWaits.map(({ totalMs }) => totalMs);
  }

  /** How long the lanes will take for what is queued; infinite without a rate. */
  get drainMs(): number {
    let rate = 0;
    for (const lane of this.#lanes) if (lane.fitness > 1) rate += lane.rate.rate;
    return rate === 0 ? Number.POSITIVE_INFINITY : this.queuedBytes / rate;
  }

  /** True when something waits to be sent or sent again. */
  get hasWork(): boolean {
    return this.queuedBytes > 0 || this.spaces.some(({ waiting }) => waiting > 0);
  }

  /** Finds each space its carrier. True when another lane now carries control. */
  reassign(): boolean {
    const before = this.spaces[0]!.carrier;
    for (const space of this.spaces)
      space.carrier = chooseCarrier(this.#lanes, space.index, space.trafficClass)?.index ?? -1;
    return this.spaces[0]!.carrier !== before;
  }

  /** Where a pinned flow that has nothing under way goes next. */
  homeOf(flow: Flow): SendSpace {
    const current = this.spaces[flow.home];
    if (flow.trafficClass !== TrafficClass.bulk) return this.spaces[flow.trafficClass]!;
    if (current !== undefined && (flow.queue.size > 0 || flow.lastBatchSeq > current.acked)) return current;
    let best: SendSpace | null = null;
    for (let i = FIRST_BULK; i < this.spaces.length; i += 1) {
      const space = this.spaces[i]!;
      if (space.carrier === space.index && (best === null || this.#waitMs(space) < this.#waitMs(best))) best = space;
    }
    return best ?? current ?? this.spaces[FIRST_BULK]!;
  }

  /** Everything sent on a lane that has died waits to be sent on another. */
  onLaneDown(lane: Lane): void {
    for (const space of this.spaces) {
      if (space.unackedCount === 0) continue;
      for (const batch of space.unacked()) if (batch.lane === lane.index) this.#requeue(space, batch);
    }
  }

  /** Sends unacknowledged control on a second lane as well, since the first may be dying. */
  duplicateControl(): void {
    const space = this.spaces[0]!;
    for (const batch of space.unacked()) if (batch.lane >= 0) this.#duplicate(batch, batch.lane);
  }

  onAck(index: number, ack: number, viaLane: number, nowMs: number): void {
    const space = this.spaces[index]!;
    for (let batch = space.shift(ack); batch !== null; batch = space.shift(ack)) {
      this.unackedBytes -= batch.length;
      this.deliveredBytes += batch.length;
      if (batch.lane < 0) space.waiting -= 1;
      else this.#onDelivered(this.#lanes[batch.lane]!, batch, viaLane, nowMs);
    }
  }

  /** Batches that should have been acknowledged by now are sent again. */
  checkRetransmits(nowMs: number): void {
    for (const space of this.spaces) {
      const { oldest } = space;
      if (oldest === undefined || !this.#isOverdue(oldest, nowMs)) continue;
      for (const batch of space.unacked()) if (this.#isOverdue(batch, nowMs)) this.#requeue(space, batch);
    }
  }

  /** Sends all that windows and credit allow, control first. */
  fill(nowMs: number, isDuplicating: boolean): void {
    this.#isStripedFirst = !this.#isStripedFirst;
    for (const space of this.spaces) {
      if (space.index === FIRST_BULK && this.#isStripedFirst) this.#fillStriped(nowMs);
      this.#fillSpace(space, nowMs, isDuplicating);
    }
    if (!this.#isStripedFirst) this.#fillStriped(nowMs);
  }

  /** Header bytes of a batch outside the sequence that acknowledges `space`, with `frames` to follow. */
  acknowledgement(space: number, frames: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    this.#sealer.writeHeader(bytes, space, frames, 0);
    this.#refresh(bytes, space);
    return bytes;
  }

  /** Unsent and unacknowledged frames: `[bytes, from, end]`, those of batches before those of queues. */
  *undelivered(): Generator<readonly [Uint8Array, number, number]> {
    for (const space of this.spaces) {
      for (const { buffer, length } of space.unacked()) yield [buffer, BATCH_HEADER_BYTES, length];
      for (const { queue } of space.queued) yield [queue.bytes, queue.head, queue.tail];
    }
    for (const { queue } of this.striped) yield [queue.bytes, queue.head, queue.tail];
  }

  #fillSpace(space: SendSpace, nowMs: number, isDuplicating: boolean): void {
    const lane = this.#lanes[space.carrier];
    if (lane === undefined) return;
    if (space.waiting > 0) this.#resend(space, lane, nowMs, isDuplicating);
    if (space.waiting > 0) return;
    while (space.queued.length > 0) {
      const batch = this.#sealer.seal(space, space.queued, lane, space.queuedBytes, nowMs);
      if (batch === null) return;
      space.queuedBytes -= batch.length - BATCH_HEADER_BYTES;
      this.#send(space, batch, lane, nowMs, isDuplicating);
    }
  }

  #fillStriped(nowMs: number): void {
    if (this.striped.length === 0) return;
    const { controlReserve } = this.#config;
    const usable = this.#lanes.filter(
      (lane) => lane.trafficClass === TrafficClass.bulk && this.spaces[lane.index]!.carrier === lane.index,
    );
    for (;;) {
      const flow = this.striped[0];
      if (flow === undefined) return;
      const lane =
        usable.length === 0
          ? this.#substitute()
          : chooseStripe(usable, flow.queue.size, BATCH_HEADER_BYTES + flow.queue.frameBytes, controlReserve);
      const space = this.spaces[usable.length === 0 ? FIRST_BULK : (lane?.index ?? FIRST_BULK)]!;
      if (lane === null || space.waiting > 0) return;
      const batch = this.#sealer.seal(space, this.striped, lane, flow.queue.size, nowMs);
      if (batch === null) return;
      this.#send(space, batch, lane, nowMs, false);
    }
  }

  /** With no bulk lane striped flows go where the first bulk space is carried. */
  #substitute(): Lane | null {
    return this.#lanes[this.spaces[FIRST_BULK]!.carrier] ?? null;
  }

  /**
   * Sends what waits to be sent again, within the window. The oldest batch goes regardless: those in flight may be ones that
   * the receiver has and cannot acknowledge before it, so that waiting for them would be for ever.
   */
  #resend(space: SendSpace, lane: Lane, nowMs: number, isDuplicating: boolean): void {
    for (const batch of space.unacked()) {
      if (batch.lane >= 0) continue;
      const isOldest = batch === space.oldest;
      if (!isOldest && lane.inFlightBytes + batch.length > lane.windowBytes) return;
      space.waiting -= 1;
      this.resends += 1;
      this.#put(space, batch, lane, nowMs, isDuplicating);
    }
  }

  #send(space: SendSpace, batch: SentBatch, lane: Lane, nowMs: number, isDuplicating: boolean): void {
    space.append(batch);
    this.queuedBytes -= batch.length - BATCH_HEADER_BYTES;
    this.unackedBytes += batch.length;
    this.#put(space, batch, lane, nowMs, isDuplicating);
  }

  #put(space: SendSpace, batch: SentBatch, lane: Lane, nowMs: number, isDuplicating: boolean): void {
    const { rate } = lane;
    if (lane.inFlightBytes === 0) rate.deliveredAtMs = nowMs;
    batch.lane = lane.index;
    batch.sends += 1;
    batch.sentAtMs = nowMs;
    batch.deliveredAtSend = rate.deliveredBytes;
    batch.deliveredAtMs = rate.deliveredAtMs;
    lane.inFlightBytes += batch.length;
    this.#refresh(batch.buffer, space.index);
    this.#write(lane, batch);
    if (isDuplicating && space.trafficClass === TrafficClass.control) this.#duplicate(batch, lane.index);
  }

  #duplicate(batch: SentBatch, carrier: number): void {
    const second = chooseCarrier(this.#lanes, 0, TrafficClass.control, carrier);
    if (second === null) return;
    batch.sends += 1;
    this.duplicated += 1;
    this.#write(second, batch);
  }

  #write(lane: Lane, batch: SentBatch): void {
    lane.sentBytes += batch.length;
    lane.sentBatches += 1;
    this.writes.push({ lane: lane.index, bytes: batch.buffer.subarray(0, batch.length) });
  }

  #onDelivered(lane: Lane, batch: SentBatch, viaLane: number, nowMs: number): void {
    lane.inFlightBytes -= batch.length;
    if (batch.sends > 1) return;
    const { length, sentAtMs, deliveredAtSend, deliveredAtMs, isFull } = batch;
    lane.rate.onAck(length, sentAtMs, deliveredAtSend, deliveredAtMs, isFull, nowMs);
    if (viaLane === lane.index) lane.echo.onProof(nowMs);
    this.#sealer.pool.give(batch.buffer);
  }

  #requeue(space: SendSpace, batch: SentBatch): void {
    const lane = this.#lanes[batch.lane]!;
    lane.inFlightBytes -= batch.length;
    lane.lostBatches += 1;
    batch.lane = -1;
    space.waiting += 1;
  }

  #isOverdue(batch: SentBatch, nowMs: number): boolean {
    if (batch.lane < 0) return false;
    const { rtt, passedSinceMs } = this.#lanes[batch.lane]!.echo;
    const base = Math.max(this.#config.retransmitMinMs, 2 * rtt.smoothedMs + 4 * rtt.varianceMs);
    // A lane that brings echoes back is not overloaded: what it lost is no reason to wait longer each time.
    const backOff = batch.sentAtMs < passedSinceMs ? 1 : 2 ** (batch.sends - 1);
    return nowMs - batch.sentAtMs >= Math.min(RETRANSMIT_MS_MAX, base * backOff);
  }

  #waitMs(space: SendSpace): number {
    const lane = this.#lanes[space.index]!;
    const bytes = space.queuedBytes + lane.inFlightBytes;
    return lane.echo.rtt.smoothedMs + bytes / (lane.rate.rate || 1);
  }

  /** What this side has taken and grants, as of now. */
  #refresh(bytes: Uint8Array, lane: number): void {
    const ack = this.#receiver.spaces[lane]!.acknowledge();
    updateBatchHeader(bytes, ack, this.#receiver.credits[classOf(lane)]!.announce());
  }
}
