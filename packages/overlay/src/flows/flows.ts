import type { FlowConfig } from '../config.ts';
import type { OverlayCounters } from '../counters.ts';
import type { Source } from '../forwarding/source.ts';
import { type Acknowledgement, decodeAcknowledgements } from './acknowledgement.ts';
import { frameTypeOf } from './channel.ts';
import { type FlowKind, flowIdOf } from './flow-id.ts';
import { PART_HEADER_BYTES, Part, writePartHead } from './part.ts';
import { ReceiveFlows } from './receive-flows.ts';
import { SendFlow } from './send-flow.ts';
import { isLater } from './serial.ts';

/** What became of a message: `accepted` reliable ones are delivered once while both ends live. */
export type Acceptance = 'accepted' | 'would_block' | 'no_route' | 'congested' | 'too_large' | 'unknown_destination';

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
/** Frames and bytes that one flow sends before the next has its turn: a batch of small ones, or some large ones. */
const TURN_FRAMES = 256;
const TURN_BYTES = 256 * 1024;

/** All flows that end at this node: messages of any size, reliable ones in order and once, whatever path they took. */
export class Flows {
  readonly incoming: ReceiveFlows;
  readonly #options: FlowsOptions;
  readonly #sending = new Map<number, Map<number, SendFlow>>();
  readonly #active = new Set<SendFlow>();
  #lastSending: SendFlow | null = null;
  /** Raised whenever flows are forgotten: what comes after is told from what was under way. */
  #generation = 0;

  constructor(options: FlowsOptions) {
    this.#options = options;
    this.incoming = new ReceiveFlows(options);
  }

  /** This node's own life: what it advertises as its boot epoch. */
  get epoch(): number {
    return this.incoming.epoch;
  }

  set epoch(epoch: number) {
    this.incoming.epoch = epoch;
  }

  /** When {@link Flows.pump} has something to do besides. */
  get wakeAtMs(): number {
    let atMs = this.incoming.wakeAtMs;
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

  /** A flowCredit frame for this node. */
  onAcknowledgements(src: number, bytes: Uint8Array, nowMs: number): void {
    const list = decodeAcknowledgements(bytes);
    if (list === null) {
      this.#options.counters.malformedFrames += 1;
      return;
    }
    for (const entry of list) this.#onAcknowledgement(src, entry, nowMs);
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
    this.#generation += 1;
    this.#sending.delete(node);
    this.incoming.forget(node);
    this.#lastSending = null;
  }

  heldBytes(): { sending: number; receiving: number } {
    let sending = 0;
    for (const flows of this.#sending.values())
      for (const { bufferedBytes } of flows.values()) sending += bufferedBytes;
    return { sending, receiving: this.incoming.heldBytes };
  }

  /** Sends what may be sent. True when there was more than one turn's worth. */
  pump(nowMs: number): boolean {
    let isMore = false;
    for (const flow of this.#active) {
      flow.onTimer(nowMs);
      if (this.#pumpFlow(flow, nowMs)) isMore = true;
      if (flow.isIdle) this.#active.delete(flow);
    }
    this.incoming.acknowledge(nowMs);
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
    // Nothing is lost yet: whoever sends is told, and may wait.
    if (emission === 'blocked') return 'congested';
    counters.drop('no_route', flow);
    return 'no_route';
  }

  #pumpFlow(flow: SendFlow, nowMs: number): boolean {
    if (flow.receiverEpoch === null) {
      const epoch = this.#options.epochOf(flow.dst);
      if (epoch === undefined) return this.#probe(flow, nowMs);
      flow.restart(epoch);
    }
    this.#options.source.forgetRoute();
    let bytes = 0;
    for (let count = 0; count < TURN_FRAMES && bytes < TURN_BYTES; count += 1) {
      const position = flow.next;
      if (position < 0) return flow.isStarved ? this.#probe(flow, nowMs) : false;
      bytes += flow.part(position).length;
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

  #onAcknowledgement(src: number, entry: Acknowledgement, nowMs: number): void {
    const flow = this.#sending.get(src)?.get(entry.flow);
    if (flow === undefined || entry.senderEpoch !== this.epoch || entry.generation !== flow.generation) return;
    if (entry.receiverEpoch !== flow.receiverEpoch) {
      if (isLater(entry.receiverEpoch, flow.receiverEpoch)) flow.restart(entry.receiverEpoch);
      return;
    }
    if (!flow.onAcknowledgement(entry, nowMs)) this.#options.counters.malformedFrames += 1;
  }
}
