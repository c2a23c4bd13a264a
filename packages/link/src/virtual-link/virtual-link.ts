import { BatchReader } from '../wire/batch.ts';
import { readU32 } from '../wire/bytes.ts';
import {
  BATCH_BYTES_MAX,
  BATCH_HEADER_BYTES,
  Feature,
  FRAME_HEADER_BYTES,
  FrameType,
  type Refusal,
  TrafficClass,
} from '../wire/format.ts';
import type { Frame } from '../wire/frame-writer.ts';
import { Admission, SendResult } from './admission.ts';
import { BatchPool } from './batch-pool.ts';
import type { LinkConfig } from './config.ts';
import { Flow, type FlowOptions } from './flow.ts';
import { Lane, type LaneState } from './lane.ts';
import { bulkLoad, LaneScaling } from './lane-scaling.ts';
import type { LinkEvent, Ready } from './link-event.ts';
import { recall } from './recall.ts';
import { Receiver } from './receiver.ts';
import { Sender } from './sender.ts';
import { ECHO_BYTES, Signals } from './signals.ts';
import { classOf, FIRST_BULK } from './spaces.ts';
import { type LinkStats, statsOf } from './stats.ts';

/** What a link is made of. `random` gives numbers in [0, 1); `epoch` is what `linkEpochOf` makes of both HELLOs. */
export interface VirtualLinkOptions {
  readonly config: LinkConfig;
  readonly random: () => number;
  readonly epoch: number;
  /** Buffers that this link shares with others; its own without it. */
  readonly pool?: BatchPool;
}

/**
 * The link as a state machine: calls put bytes and the time in, `takeReady` takes out what is to be written, delivered and
 * told. It never calls out, holds no clock and starts nothing. Call `tick` every 10 ms or so, and `takeReady` at the end
 * of each turn of the event loop and when `flushAtMs` is reached. Not for use from two threads.
 */
export class VirtualLink {
  /** When `takeReady` must be called at the latest; infinite while nothing waits for it. */
  flushAtMs = Number.POSITIVE_INFINITY;
  /** Batches refused, by reason. */
  readonly refused = new Map<Refusal, number>();
  readonly #config: LinkConfig;
  readonly #lanes: readonly Lane[];
  readonly #receiver: Receiver;
  readonly #sender: Sender;
  readonly #admission: Admission;
  readonly #reader: BatchReader;
  readonly #scaling: LaneScaling;
  readonly #signals: Signals;
  #events: LinkEvent[] = [];
  #lastTickMs: number | null = null;
  #isUp = false;
  #isClosed = false;

  constructor({ config, random, epoch, pool = new BatchPool() }: VirtualLinkOptions) {
    this.#config = config;
    this.#lanes = Array.from({ length: FIRST_BULK + config.bulkLanesMax }, (_, i) => new Lane(i, classOf(i), config));
    this.#receiver = new Receiver(config);
    this.#sender = new Sender(config, this.#lanes, this.#receiver, epoch, pool);
    this.#admission = new Admission(config, this.#sender);
    this.#reader = new BatchReader(config.version, epoch);
    this.#scaling = new LaneScaling(config);
    this.#signals = new Signals(config, this.#lanes, this.#sender, this.#receiver, random);
  }

  /** True while some lane can carry data. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** A flow of frames over this link. A striped flow of a peer without that feature is pinned like any other. */
  openFlow(options: FlowOptions): Flow {
    const canStripe = (this.#config.features & Feature.striping) !== 0 && options.trafficClass === TrafficClass.bulk;
    return new Flow(options, options.isStriped === true && canStripe);
  }

  /** Offers a frame; a payload over 32 KiB travels in fragments. Sets the frame's delivery flags and keeps nothing of it. */
  trySend(flow: Flow, frame: Frame, nowMs: number): SendResult {
    if (this.#isClosed) return SendResult.closed;
    const result = this.#admission.send(flow, frame);
    if (result === SendResult.accepted) this.#flushSoon(nowMs);
    return result;
  }

  /** Offers a frame whose payload, of up to 32 KiB, is `bytes` from `from` to `end`; `frame.payload` is empty. */
  trySendPart(flow: Flow, frame: Frame, bytes: Uint8Array, from: number, end: number, nowMs: number): SendResult {
    if (this.#isClosed) return SendResult.closed;
    const result = this.#admission.sendPart(flow, frame, bytes, from, end);
    if (result === SendResult.accepted) this.#flushSoon(nowMs);
    return result;
  }

  /** Offers a frame that lies encoded in `bytes`. */
  trySendEncoded(flow: Flow, bytes: Uint8Array, from: number, end: number, nowMs: number): SendResult {
    if (this.#isClosed) return SendResult.closed;
    const result = this.#admission.sendEncoded(flow, bytes, from, end);
    if (result === SendResult.accepted) this.#flushSoon(nowMs);
    return result;
  }

  /** Offers encoded frames of one class that lie one behind the other: all are taken or none. */
  trySendRun(flow: Flow, bytes: Uint8Array, from: number, end: number, nowMs: number): SendResult {
    if (this.#isClosed) return SendResult.closed;
    const result = this.#admission.sendRun(flow, bytes, from, end);
    if (result === SendResult.accepted) this.#flushSoon(nowMs);
    return result;
  }

  /** About how long until a refused frame may find room. */
  get retryHintMs(): number {
    const quarterMs = this.#sender.drainMs / 4;
    return Number.isFinite(quarterMs) ? Math.min(1_000, Math.max(1, quarterMs)) : this.#config.echoIntervalMs;
  }

  /** Gives back the credit of delivered frames that have been passed on. Throws a RangeError for more than were delivered. */
  release(trafficClass: number, bytes: number, nowMs: number): void {
    const credit = this.#receiver.credits[trafficClass]!;
    credit.release(bytes);
    if (credit.isAnnouncementDue) this.flushAtMs = Math.min(this.flushAtMs, nowMs);
  }

  /** A connection for this lane stands; it is used once an echo has come back. */
  laneUp(index: number, nowMs: number): void {
    const lane = this.#lanes[index];
    if (lane === undefined || this.#isClosed) return;
    if (lane.isConnected) this.laneDown(index, nowMs);
    this.#change(lane, nowMs, () => lane.connect(nowMs));
  }

  /** The lane's connection is gone. */
  laneDown(index: number, nowMs: number): void {
    const lane = this.#lanes[index];
    if (lane?.isConnected !== true) return;
    this.#change(lane, nowMs, () => lane.disconnect());
  }

  /** Takes a message that came over a lane; the link owns `bytes` from here on. Null, or why nothing of it was used. */
  onBatch(index: number, bytes: Uint8Array, nowMs: number): Refusal | null {
    const refusal = this.#isClosed ? null : this.#onBatch(index, bytes, nowMs);
    if (refusal !== null) this.refused.set(refusal, (this.refused.get(refusal) ?? 0) + 1);
    return refusal;
  }

  /** Lets time pass: echoes, silence, lost batches, gaps, lanes to add or give up. */
  tick(nowMs: number): void {
    if (this.#isClosed) return;
    this.#forgiveStall(nowMs);
    for (const lane of this.#lanes) {
      const before = lane.state;
      if (lane.check(nowMs)) this.#onLaneState(lane, before, nowMs);
    }
    this.#sender.checkRetransmits(nowMs);
    this.#receiver.tick(nowMs);
    this.#scale(nowMs);
    this.flushAtMs = Math.min(this.flushAtMs, nowMs);
  }

  /** Takes what is to be done: bytes to write to lanes in this order, frames that came in, and what happened. */
  takeReady(nowMs: number): Ready {
    this.flushAtMs = Number.POSITIVE_INFINITY;
    if (!this.#isClosed) {
      this.#signals.sendEchoes(nowMs);
      const isAnySuspect = this.#lanes.some(({ state }) => state === 'SUSPECT');
      this.#sender.fill(nowMs, isAnySuspect);
      this.flushAtMs = Math.min(this.flushAtMs, this.#signals.sendAcks(nowMs));
    }
    const ready = { writes: this.#sender.writes, deliveries: this.#receiver.deliveries, events: this.#events };
    this.#sender.writes = [];
    this.#receiver.deliveries = [];
    this.#events = [];
    return ready;
  }

  /**
   * Ends the link and gives back, as `[bytes, from, end]`, the frames not known to have arrived: a relay sends the reliable
   * ones over another path. Some of them may have arrived all the same.
   */
  close(): (readonly [Uint8Array, number, number])[] {
    this.#isClosed = true;
    return [...this.#sender.undelivered()];
  }

  /**
   * Of a link that is down: the frames not known to have arrived, each once, in runs for a FrameCursor, for another path.
   * What was queued is taken out; what lies in batches stays and arrives when the link is back, perhaps a second time.
   */
  recall(): Uint8Array[] {
    return recall(this.#sender);
  }

  /** Measurements as of now; a new object. */
  stats(): LinkStats {
    return statsOf(this.#lanes, this.#sender, this.#receiver);
  }

  #onBatch(index: number, bytes: Uint8Array, nowMs: number): Refusal | null {
    const lane = this.#lanes[index];
    const refusal = this.#reader.read(bytes);
    if (refusal !== null) return refusal;
    const { header } = this.#reader;
    const space = this.#sender.spaces[header.lane];
    if (lane === undefined || space === undefined) return 'bad_lane';
    if (header.cumulativeAck >= space.nextSeq) return 'bad_ack';
    const problem = header.batchSeq === 0 ? this.#onEchoes(lane, nowMs) : this.#receiver.onBatch(header, bytes, nowMs);
    if (problem !== null) return problem;
    const hasRoom = this.#sender.onGrant(space.trafficClass, header.creditBytes, nowMs);
    const isAck = header.cumulativeAck > space.acked;
    if (isAck) this.#sender.onAck(header.lane, header.cumulativeAck, index, nowMs);
    const isOwed = this.#receiver.spaces[header.lane]!.unackedBytes >= this.#config.ackEveryBytes;
    const isDue = isOwed || this.#receiver.deliveries.length > 0 || ((hasRoom || isAck) && this.#sender.hasWork);
    const dueMs = isDue ? nowMs : this.#receiver.spaces[header.lane]!.unackedSinceMs + this.#config.ackDelayMs;
    this.flushAtMs = Math.min(this.flushAtMs, dueMs);
    return null;
  }

  #onEchoes(lane: Lane, nowMs: number): Refusal | null {
    const { frames } = this.#reader;
    while (frames.next()) {
      if (frames.payloadBytes !== ECHO_BYTES) return 'bad_echo';
      const id = readU32(frames.bytes, frames.payloadAt);
      if (frames.type === FrameType.echo) {
        lane.echo.heardAtMs = nowMs;
        if (lane.isConnected) this.#signals.answerEcho(lane, id);
        this.flushAtMs = Math.min(this.flushAtMs, nowMs);
      } else if (frames.type === FrameType.echoReply) {
        this.#change(lane, nowMs, () => lane.onReply(id, nowMs));
      } else return 'bad_type';
    }
    return null;
  }

  #change(lane: Lane, nowMs: number, apply: () => void): void {
    const before = lane.state;
    const { fitness } = lane;
    apply();
    if (lane.state !== before) this.#onLaneState(lane, before, nowMs);
    else if (lane.fitness !== fitness) this.#reassign(nowMs);
  }

  #onLaneState(lane: Lane, from: LaneState, nowMs: number): void {
    this.#events.push({ kind: 'lane', lane: lane.index, from, to: lane.state, cause: lane.cause });
    if (lane.state === 'DOWN') this.#sender.onLaneDown(lane);
    this.#reassign(nowMs);
    if (lane.state === 'SUSPECT') this.#sender.duplicateControl();
  }

  #reassign(nowMs: number): void {
    if (this.#sender.reassign()) this.#events.push({ kind: 'control-carrier', lane: this.#sender.spaces[0]!.carrier });
    const isUp = this.#lanes.some((lane) => lane.fitness > 1);
    if (isUp !== this.#isUp) this.#events.push({ kind: 'link', isUp });
    this.#isUp = isUp;
    this.flushAtMs = Math.min(this.flushAtMs, nowMs);
  }

  #forgiveStall(nowMs: number): void {
    const gapMs = this.#lastTickMs === null ? 0 : nowMs - this.#lastTickMs;
    this.#lastTickMs = nowMs;
    if (gapMs <= this.#config.stallMs) return;
    this.#events.push({ kind: 'stall', ms: gapMs });
    for (const lane of this.#lanes) lane.echo.forgive(gapMs, nowMs);
  }

  #scale(nowMs: number): void {
    const decision = this.#scaling.tick(bulkLoad(this.#lanes, this.#sender.deliveredBytes), nowMs);
    if (decision === null) return;
    const bulk = this.#lanes.slice(FIRST_BULK);
    const lane =
      decision === 'out'
        ? bulk.find(({ isConnected }) => !isConnected)
        : bulk.findLast(({ isConnected }) => isConnected);
    if (lane !== undefined)
      this.#events.push({ kind: decision === 'out' ? 'lane-wanted' : 'lane-unwanted', lane: lane.index });
  }

  #flushSoon(nowMs: number): void {
    const isFull = this.#sender.queuedBytes >= BATCH_BYTES_MAX - BATCH_HEADER_BYTES - FRAME_HEADER_BYTES;
    const atMs = isFull ? nowMs : nowMs + this.#config.flushDelayMs;
    if (atMs < this.flushAtMs) this.flushAtMs = atMs;
  }
}
