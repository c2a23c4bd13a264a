import { type FrameCursor, FrameType, TrafficClass } from '@peermesh/link';
import type { FlowConfig } from '../config.ts';
import type { OverlayCounters } from '../counters.ts';
import type { Source } from '../forwarding/source.ts';
import {
  ACKNOWLEDGEMENTS_MAX,
  type Acknowledgement,
  decodeAcknowledgements,
  encodeAcknowledgements,
} from './acknowledgement.ts';
import { frameTypeOf } from './channel.ts';
import { type FlowKind, flowIdOf, flowKindOf } from './flow-id.ts';
import { generationAt, PART_HEADER_BYTES, PARTS_KNOWN, Part, receiverEpochAt, writePartHead } from './part.ts';
import { ReceiveFlow } from './receive-flow.ts';
import { isLater, SendFlow } from './send-flow.ts';

/** What became of a message: `accepted` reliable ones are delivered once while both ends live. */
export type Acceptance = 'accepted' | 'would_block' | 'no_route' | 'congested' | 'too_large' | 'unknown_destination';

/** A message that came in. */
export interface FlowMessage {
  readonly src: number;
  readonly flow: number;
  readonly kind: FlowKind;
  readonly bytes: Uint8Array;
  readonly credit: number;
}

export interface FlowsOptions {
  readonly config: FlowConfig;
  readonly source: Source;
  readonly counters: OverlayCounters;
  /** The life that a node is in, as it last advertised it; undefined while it is unknown. */
  readonly epochOf: (node: number) => number | undefined;
}

const PROBE_MS = 250;
const NO_PAYLOAD = new Uint8Array(0);
const FRAME_PAYLOAD_MAX = 32 * 1024;
/** Frames that one flow sends before the next has its turn. */
const TURN_FRAMES = 64;

/** All flows that end at this node: messages of any size, reliable ones in order and once, whatever path they took. */
export class Flows {
  /** This node's own life: what it advertises as its boot epoch. */
  epoch = 0;
  messages: FlowMessage[] = [];
  readonly #options: FlowsOptions;
  readonly #sending = new Map<number, Map<number, SendFlow>>();
  readonly #active = new Set<SendFlow>();
  readonly #receiving = new Map<number, Map<number, ReceiveFlow>>();
  #lastSending: SendFlow | null = null;
  /** The flow that a frame came for last: the next one is most often of the same. */
  #lastReceiving: ReceiveFlow | null = null;
  readonly #owing = new Set<ReceiveFlow>();
  /** Raised whenever flows are forgotten: what comes after is told from what was under way. */
  #generation = 0;

  constructor(options: FlowsOptions) {
    this.#options = options;
  }

  /** When {@link Flows.pump} has something to do besides. */
  get wakeAtMs(): number {
    let atMs = Number.POSITIVE_INFINITY;
    for (const { ackDueAtMs } of this.#owing) atMs = Math.min(atMs, ackDueAtMs);
    for (const flow of this.#active) {
      atMs = Math.min(atMs, flow.timerAtMs);
      if (flow.isStarved || flow.receiverEpoch === null) atMs = Math.min(atMs, flow.probeAtMs);
    }
    return atMs;
  }

  send(dst: number, kind: FlowKind, bytes: Uint8Array, nowMs: number): Acceptance {
    const { config } = this.#options;
    if (bytes.length > config.messageBytesMax) return 'too_large';
    if (!kind.isReliable) return this.#sendOnce(dst, kind, bytes, nowMs);
    const flow = this.#sendFlow(dst, kind);
    if (!flow.offer(bytes)) return 'would_block';
    this.#active.add(flow);
    return 'accepted';
  }

  /** A data or raft frame for this node. */
  receive(cursor: FrameCursor, nowMs: number): void {
    const { counters } = this.#options;
    const { src, flow } = cursor;
    const last = this.#lastReceiving;
    const isLast = last !== null && last.src === src && last.id === flow;
    const kind = isLast ? last.kind : flowKindOf(flow);
    if (kind === undefined || kind.trafficClass !== cursor.trafficClass) counters.malformedFrames += 1;
    else if (!kind.isReliable) this.messages.push({ src, flow, kind, bytes: cursor.payload(), credit: 0 });
    else this.#receivePart(cursor, src, kind, nowMs);
  }

  /** A flowCredit frame for this node. */
  onAcknowledgements(src: number, bytes: Uint8Array, nowMs: number): void {
    const list = decodeAcknowledgements(bytes);
    if (list === null) {
      this.#options.counters.malformedFrames += 1;
      return;
    }
    for (const entry of list) this.#onAcknowledgement(src, entry, nowMs);
  }

  /** The consumer has done with a message of a channel whose credit it holds. */
  release({ src, flow, credit }: Pick<FlowMessage, 'src' | 'flow' | 'credit'>, nowMs: number): void {
    const last = this.#lastReceiving;
    const isLast = last !== null && last.src === src && last.id === flow;
    const receiving = isLast ? last : this.#receiving.get(src)?.get(flow);
    if (receiving === undefined || credit > receiving.credit.heldBytes) return;
    receiving.release(credit, nowMs);
    if (receiving.ackDueAtMs < Number.POSITIVE_INFINITY) this.#owing.add(receiving);
  }

  /** Another life of a node was heard of. */
  onEpoch(node: number, epoch: number): void {
    for (const flow of this.#sending.get(node)?.values() ?? [])
      if (isLater(epoch, flow.receiverEpoch)) flow.restart(epoch);
  }

  /** This node is in another life than it thought: what was not acknowledged is numbered anew. */
  restart(epoch: number): void {
    this.epoch = epoch;
    for (const flows of this.#sending.values())
      for (const flow of flows.values()) if (flow.receiverEpoch !== null) flow.restart(flow.receiverEpoch);
  }

  /** The node is no member any more. */
  forget(node: number): void {
    for (const flow of this.#sending.get(node)?.values() ?? []) this.#active.delete(flow);
    for (const flow of this.#receiving.get(node)?.values() ?? []) this.#owing.delete(flow);
    this.#generation += 1;
    this.#sending.delete(node);
    this.#receiving.delete(node);
    this.#lastReceiving = null;
    this.#lastSending = null;
  }

  heldBytes(): { sending: number; receiving: number } {
    let [sending, receiving] = [0, 0];
    for (const flows of this.#sending.values())
      for (const { bufferedBytes } of flows.values()) sending += bufferedBytes;
    for (const flows of this.#receiving.values()) for (const { heldBytes } of flows.values()) receiving += heldBytes;
    return { sending, receiving };
  }

  /** Sends what may be sent. True when there was more than one turn's worth. */
  pump(nowMs: number): boolean {
    let isMore = false;
    for (const flow of this.#active) {
      flow.onTimer(nowMs);
      if (this.#pumpFlow(flow, nowMs)) isMore = true;
      if (flow.isIdle) this.#active.delete(flow);
    }
    this.#acknowledge(nowMs);
    return isMore;
  }

  #sendFlow(dst: number, kind: FlowKind): SendFlow {
    const id = flowIdOf(kind);
    const last = this.#lastSending;
    if (last !== null && last.dst === dst && last.id === id) return last;
    let flows = this.#sending.get(dst);
    if (flows === undefined) this.#sending.set(dst, (flows = new Map()));
    let flow = flows.get(id);
    if (flow === undefined) flows.set(id, (flow = new SendFlow(dst, id, kind, this.#generation, this.#options.config)));
    this.#lastSending = flow;
    return flow;
  }

  #sendOnce(dst: number, kind: FlowKind, bytes: Uint8Array, nowMs: number): Acceptance {
    const { source, counters } = this.#options;
    if (bytes.length > FRAME_PAYLOAD_MAX) return 'too_large';
    const flow = flowIdOf(kind);
    this.#frame(kind, flow, bytes);
    const emission = source.emit(dst, flow, false, nowMs);
    if (emission === 'sent') return 'accepted';
    const reason = emission === 'blocked' ? 'congested' : 'no_route';
    counters.drop(reason, flow);
    return reason;
  }

  #pumpFlow(flow: SendFlow, nowMs: number): boolean {
    if (flow.receiverEpoch === null) {
      const epoch = this.#options.epochOf(flow.dst);
      if (epoch === undefined) return this.#probe(flow, nowMs);
      flow.restart(epoch);
    }
    this.#options.source.forgetRoute();
    for (let count = 0; count < TURN_FRAMES; count += 1) {
      const position = flow.next;
      if (position < 0) return flow.isStarved ? this.#probe(flow, nowMs) : false;
      if (!this.#emitPart(flow, position, nowMs)) return false;
    }
    return flow.next >= 0;
  }

  #emitPart(flow: SendFlow, position: number, nowMs: number): boolean {
    const { source, counters } = this.#options;
    const part = flow.part(position);
    const { bytes, at, length } = part;
    writePartHead(bytes, at, flow.receiverEpoch ?? 0, flow.generation);
    this.#frame(flow.kind, flow.id, NO_PAYLOAD);
    source.frame.seqLow = flow.seqOf(position);
    source.frame.seqHigh = this.epoch;
    if (source.emitPart(flow, bytes, at, at + length, nowMs) !== 'sent') return false;
    if (part.sends > 0) counters.retransmittedFrames += 1;
    flow.onSent(position, nowMs);
    return true;
  }

  /** Asks the receiver where it stands: it may have granted credit in a frame that was lost, or started anew. */
  #probe(flow: SendFlow, nowMs: number): false {
    if (nowMs < flow.probeAtMs) return false;
    flow.probeAtMs = nowMs + PROBE_MS;
    const payload = new Uint8Array(PART_HEADER_BYTES);
    payload[4] = Part.probe;
    writePartHead(payload, 0, flow.receiverEpoch ?? 0, flow.generation);
    this.#frame(flow.kind, flow.id, payload);
    this.#options.source.frame.seqLow = 0;
    this.#options.source.frame.seqHigh = this.epoch;
    this.#options.source.emit(flow.dst, flow.pathHash, true, nowMs);
    return false;
  }

  #frame(kind: FlowKind, flow: number, payload: Uint8Array): void {
    const { frame } = this.#options.source;
    frame.type = frameTypeOf(kind.channel);
    frame.trafficClass = kind.trafficClass;
    frame.flow = flow;
    frame.seqLow = 0;
    frame.seqHigh = 0;
    frame.payload = payload;
  }

  #receivePart(cursor: FrameCursor, src: number, kind: FlowKind, nowMs: number): void {
    const { counters } = this.#options;
    const { flow, seqHigh, bytes, payloadAt } = cursor;
    if (cursor.payloadBytes < PART_HEADER_BYTES || bytes[payloadAt + 4]! > PARTS_KNOWN) {
      counters.malformedFrames += 1;
      return;
    }
    const generation = generationAt(bytes, payloadAt);
    const last = this.#lastReceiving;
    const isLast = last !== null && last.src === src && last.id === flow;
    const isSame = isLast && last.senderEpoch === seqHigh && last.generation === generation;
    const receiving = isSame ? last : this.#receiveFlow(src, flow, kind, seqHigh, generation);
    if (receiving === null) {
      counters.staleFrames += 1;
      return;
    }
    this.#lastReceiving = receiving;
    const isProbe = bytes[payloadAt + 4] === Part.probe;
    if (receiverEpochAt(bytes, payloadAt) !== this.epoch && !isProbe) {
      counters.staleFrames += 1;
      receiving.ackDueAtMs = nowMs;
    } else {
      const receipt = receiving.take(cursor.seqLow, bytes, payloadAt, cursor.frameEnd, nowMs);
      if (receipt === 'duplicate') counters.duplicateFrames += 1;
      else if (receipt === 'over_credit') counters.overCreditFrames += 1;
      if (receiving.messages.length > 0) this.#takeMessages(receiving);
    }
    if (receiving.ackDueAtMs < Number.POSITIVE_INFINITY) this.#owing.add(receiving);
  }

  #takeMessages({ src, id: flow, kind, messages }: ReceiveFlow): void {
    for (const { bytes, credit } of messages) this.messages.push({ src, flow, kind, bytes, credit });
    messages.length = 0;
  }

  /** Null for frames of an earlier life of the sender. */
  #receiveFlow(src: number, id: number, kind: FlowKind, senderEpoch: number, generation: number): ReceiveFlow | null {
    this.#lastReceiving = null;
    let flows = this.#receiving.get(src);
    if (flows === undefined) this.#receiving.set(src, (flows = new Map()));
    const known = flows.get(id);
    if (known?.senderEpoch === senderEpoch) {
      if (known.generation === generation) return known;
      if (known.generation > generation) return null;
      this.#owing.delete(known);
    }
    for (const flow of flows.values()) {
      if (isLater(flow.senderEpoch, senderEpoch)) return null;
      if (flow.senderEpoch === senderEpoch) continue;
      flows.delete(flow.id);
      this.#owing.delete(flow);
    }
    const flow = new ReceiveFlow(src, id, kind, { senderEpoch, generation }, this.#options.config);
    flows.set(id, flow);
    return flow;
  }

  #onAcknowledgement(src: number, entry: Acknowledgement, nowMs: number): void {
    const flow = this.#sending.get(src)?.get(entry.flow);
    if (flow === undefined || entry.senderEpoch !== this.epoch || entry.generation !== flow.generation) return;
    if (entry.receiverEpoch !== flow.receiverEpoch) {
      if (isLater(entry.receiverEpoch, flow.receiverEpoch)) flow.restart(entry.receiverEpoch);
      return;
    }
    if (!flow.onAcknowledgement(entry, nowMs)) this.#options.counters.malformedFrames += 1;
  }

  #acknowledge(nowMs: number): void {
    if (this.#owing.size === 0) return;
    const due = new Map<number, Acknowledgement[]>();
    for (const flow of this.#owing) {
      if (flow.ackDueAtMs > nowMs) continue;
      const list = due.get(flow.src) ?? [];
      if (list.length >= ACKNOWLEDGEMENTS_MAX) continue;
      list.push(flow.acknowledge(this.epoch));
      due.set(flow.src, list);
      this.#owing.delete(flow);
    }
    const { source } = this.#options;
    for (const [src, list] of due) {
      source.frame.type = FrameType.flowCredit;
      source.frame.trafficClass = TrafficClass.control;
      source.frame.flow = 0;
      source.frame.seqLow = 0;
      source.frame.seqHigh = 0;
      source.frame.payload = encodeAcknowledgements(list);
      source.emit(src, this.epoch, false, nowMs);
    }
  }
}
