import { type FrameCursor, FrameType, TrafficClass } from '@peermesh/link';
import type { FlowConfig } from '../config.ts';
import type { OverlayCounters } from '../counters.ts';
import type { Source } from '../forwarding/source.ts';
import { ACKNOWLEDGEMENTS_MAX, type Acknowledgement, encodeAcknowledgements } from './acknowledgement.ts';
import { type FlowKind, flowKindOf } from './flow-id.ts';
import { generationAt, PART_HEADER_BYTES, PARTS_KNOWN, Part, receiverEpochAt } from './part.ts';
import { ReceiveFlow } from './receive-flow.ts';
import { isLater } from './serial.ts';

/** A message that came in. */
export interface FlowMessage {
  readonly src: number;
  readonly flow: number;
  readonly kind: FlowKind;
  readonly bytes: Uint8Array;
  readonly credit: number;
}

/** The receiving ends of all flows to this node. */
export class ReceiveFlows {
  /** This node's own life. */
  epoch = 0;
  messages: FlowMessage[] = [];
  readonly #options: { readonly config: FlowConfig; readonly source: Source; readonly counters: OverlayCounters };
  readonly #flows = new Map<number, Map<number, ReceiveFlow>>();
  /** The flow that a frame came for last: the next one is most often of the same. */
  #last: ReceiveFlow | null = null;
  readonly #owing = new Set<ReceiveFlow>();

  constructor(options: { readonly config: FlowConfig; readonly source: Source; readonly counters: OverlayCounters }) {
    this.#options = options;
  }

  /** When an acknowledgement is due. */
  get wakeAtMs(): number {
    let atMs = Number.POSITIVE_INFINITY;
    for (const { ackDueAtMs } of this.#owing) atMs = Math.min(atMs, ackDueAtMs);
    return atMs;
  }

  get heldBytes(): number {
    let held = 0;
    for (const flows of this.#flows.values()) for (const { heldBytes } of flows.values()) held += heldBytes;
    return held;
  }

  /** The node is no member any more. */
  forget(node: number): void {
    for (const flow of this.#flows.get(node)?.values() ?? []) this.#owing.delete(flow);
    this.#flows.delete(node);
    this.#last = null;
  }

  /** A data or raft frame for this node. */
  receive(cursor: FrameCursor, nowMs: number): void {
    const { counters } = this.#options;
    const { src, flow } = cursor;
    const last = this.#last;
    const isLast = last !== null && last.src === src && last.id === flow;
    const kind = isLast ? last.kind : flowKindOf(flow);
    if (kind === undefined || kind.trafficClass !== cursor.trafficClass) counters.malformedFrames += 1;
    else if (!kind.isReliable) this.messages.push({ src, flow, kind, bytes: cursor.payload(), credit: 0 });
    else this.#receivePart(cursor, src, kind, nowMs);
  }

  /** The consumer has done with a message of a channel whose credit it holds. */
  release({ src, flow, credit }: Pick<FlowMessage, 'src' | 'flow' | 'credit'>, nowMs: number): void {
    const last = this.#last;
    const isLast = last !== null && last.src === src && last.id === flow;
    const receiving = isLast ? last : this.#flows.get(src)?.get(flow);
    if (receiving === undefined || credit > receiving.credit.heldBytes) return;
    receiving.release(credit, nowMs);
    if (receiving.ackDueAtMs < Number.POSITIVE_INFINITY) this.#owing.add(receiving);
  }

  /** Sends the acknowledgements that are due. */
  acknowledge(nowMs: number): void {
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

  #receivePart(cursor: FrameCursor, src: number, kind: FlowKind, nowMs: number): void {
    const { counters } = this.#options;
    const { flow, seqHigh, bytes, payloadAt } = cursor;
    if (cursor.payloadBytes < PART_HEADER_BYTES || bytes[payloadAt + 4]! > PARTS_KNOWN) {
      counters.malformedFrames += 1;
      return;
    }
    const generation = generationAt(bytes, payloadAt);
    const last = this.#last;
    const isLast = last !== null && last.src === src && last.id === flow;
    const isSame = isLast && last.senderEpoch === seqHigh && last.generation === generation;
    const receiving = isSame ? last : this.#receiveFlow(src, flow, kind, seqHigh, generation);
    if (receiving === null) {
      counters.staleFrames += 1;
      return;
    }
    this.#last = receiving;
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
    this.#last = null;
    let flows = this.#flows.get(src);
    if (flows === undefined) this.#flows.set(src, (flows = new Map()));
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
}
