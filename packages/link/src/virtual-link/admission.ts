import { copyBytes } from '../wire/bytes.ts';
import {
  Feature,
  FRAGMENT_HEADER_BYTES,
  FRAME_BYTES_MAX,
  FrameFlag,
  PAYLOAD_BYTES_MAX,
  TrafficClass,
} from '../wire/format.ts';
import { FRAGMENT_DATA_BYTES, fragment, fragmentCount } from '../wire/fragments.ts';
import { type Frame, frameBytes, isEncodable, writeFrame, writeFrameWith } from '../wire/frame-writer.ts';
import type { LinkConfig } from './config.ts';
import type { Flow } from './flow.ts';
import type { Sender } from './sender.ts';

/** What became of a frame. Numbers, so that sending makes no object. */
export const SendResult = {
  accepted: 0,
  /** No room: nothing was taken; try again when frames have left, `retryHintMs` says about when. */
  wouldBlock: 1,
  /** The consumer at the far end has granted no more. */
  noCredit: 2,
  /** A best-effort frame was dropped and counted. */
  dropped: 3,
  /** It can never be sent: over the flow's queue, or in need of fragments that the other side cannot put together. */
  tooLarge: 4,
  /** Not encodable, or of another class than its flow. */
  malformed: 5,
  closed: 6,
} as const;
export type SendResult = (typeof SendResult)[keyof typeof SendResult];

/** Lets frames into the queues of their flows, or not: bounds, credit, and what is dropped when best effort is full. */
export class Admission {
  readonly #config: LinkConfig;
  readonly #sender: Sender;
  #messageId = 0;

  constructor(config: LinkConfig, sender: Sender) {
    this.#config = config;
    this.#sender = sender;
  }

  /** Encodes a frame into its flow's queue, in fragments if need be: all of it or nothing. */
  send(flow: Flow, frame: Frame): SendResult {
    frame.flags = (frame.flags & ~DELIVERY_FLAGS) | flagsOf(flow);
    if (frame.payload.length > PAYLOAD_BYTES_MAX) return this.#sendFragments(flow, frame);
    if (frame.trafficClass !== flow.trafficClass || !isEncodable(frame)) return SendResult.malformed;
    const length = frameBytes(frame);
    const result = this.#admit(flow, length);
    if (result !== SendResult.accepted) return result;
    const at = flow.queue.extend(length);
    writeFrame(frame, flow.queue.bytes, at);
    this.#enqueue(flow, length);
    return SendResult.accepted;
  }

  /** Encodes a frame with `bytes` from `from` to `end` for its payload; the frame itself has none. */
  sendPart(flow: Flow, frame: Frame, bytes: Uint8Array, from: number, end: number): SendResult {
    frame.flags = (frame.flags & ~DELIVERY_FLAGS) | flagsOf(flow);
    if (end - from > PAYLOAD_BYTES_MAX || frame.payload.length > 0) return SendResult.malformed;
    if (frame.trafficClass !== flow.trafficClass || !isEncodable(frame)) return SendResult.malformed;
    const length = frameBytes(frame) + end - from;
    const result = this.#admit(flow, length);
    if (result !== SendResult.accepted) return result;
    const at = flow.queue.extend(length);
    writeFrameWith(frame, bytes, from, end, flow.queue.bytes, at);
    this.#enqueue(flow, length);
    return SendResult.accepted;
  }

  /** Takes a frame that is encoded already, as a relay has it. */
  sendEncoded(flow: Flow, bytes: Uint8Array, from: number, end: number): SendResult {
    if (end - from > FRAME_BYTES_MAX) return SendResult.malformed;
    return this.sendRun(flow, bytes, from, end);
  }

  /** Takes encoded frames that lie one behind the other, all of the flow's class: all of them or none. */
  sendRun(flow: Flow, bytes: Uint8Array, from: number, end: number): SendResult {
    const length = end - from;
    if (bytes[from + 7] !== flow.trafficClass) return SendResult.malformed;
    const result = this.#admit(flow, length);
    if (result !== SendResult.accepted) return result;
    const at = flow.queue.extend(length);
    copyBytes(bytes, from, end, flow.queue.bytes, at);
    this.#enqueue(flow, length);
    return SendResult.accepted;
  }

  #sendFragments(flow: Flow, frame: Frame): SendResult {
    if ((this.#config.features & Feature.fragmentation) === 0) return SendResult.tooLarge;
    const head = frameBytes(frame) - frame.payload.length + FRAGMENT_HEADER_BYTES;
    if (frame.trafficClass !== flow.trafficClass || head > FRAME_BYTES_MAX - FRAGMENT_DATA_BYTES)
      return SendResult.malformed;
    const length = head * fragmentCount(frame.payload.length) + frame.payload.length;
    if (length > this.#config.flowQueueBytesMax) return SendResult.tooLarge;
    const result = this.#admit(flow, length);
    if (result !== SendResult.accepted) return result;
    this.#messageId = (this.#messageId + 1) >>> 0;
    for (const part of fragment(frame, this.#messageId)) {
      const at = flow.queue.extend(frameBytes(part));
      writeFrame(part, flow.queue.bytes, at);
    }
    this.#enqueue(flow, length);
    return SendResult.accepted;
  }

  /** Makes sure of room and credit for `length` bytes; takes the credit. */
  #admit(flow: Flow, length: number): SendResult {
    const { flowQueueBytesMax } = this.#config;
    if (length > flowQueueBytesMax) return SendResult.tooLarge;
    if (flow.credit !== null && flow.credit.available < length) {
      if (flow.isReliable) return SendResult.noCredit;
      flow.dropped.noCredit += 1;
      return SendResult.dropped;
    }
    if (!this.#hasRoom(flow, length)) {
      if (flow.whenFull === 'block') return SendResult.wouldBlock;
      if (flow.whenFull === 'drop-oldest') this.#dropOldest(flow, length);
      if (!this.#hasRoom(flow, length)) {
        flow.dropped.newest += 1;
        return SendResult.dropped;
      }
    }
    flow.credit?.take(length);
    return SendResult.accepted;
  }

  #hasRoom(flow: Flow, length: number): boolean {
    const { flowQueueBytesMax, queueBytesMax, controlReserve } = this.#config;
    const share = flow.trafficClass === TrafficClass.control ? 1 : 1 - controlReserve;
    return flow.queue.size + length <= flowQueueBytesMax && this.#sender.queuedBytes + length <= queueBytesMax * share;
  }

  #dropOldest(flow: Flow, length: number): void {
    while (flow.queue.size > 0 && !this.#hasRoom(flow, length)) {
      const oldest = flow.queue.frameBytes;
      flow.onDroppedOldest?.(flow.queue.bytes, flow.queue.head);
      flow.queue.discard(oldest);
      flow.dropped.oldest += 1;
      flow.credit?.giveBack(oldest);
      this.#sender.queuedBytes -= oldest;
      if (!flow.isStriped) this.#sender.spaces[flow.home]!.queuedBytes -= oldest;
    }
  }

  #enqueue(flow: Flow, length: number): void {
    this.#sender.queuedBytes += length;
    if (flow.isStriped) {
      if (!flow.isQueued) this.#sender.striped.push(flow);
    } else {
      if (!flow.isQueued) flow.home = this.#sender.homeOf(flow).index;
      const space = this.#sender.spaces[flow.home]!;
      space.queuedBytes += length;
      if (!flow.isQueued) space.queued.push(flow);
    }
    flow.isQueued = true;
  }
}

const DELIVERY_FLAGS = FrameFlag.reliable | FrameFlag.striped;

function flagsOf(flow: Flow): number {
  return (flow.isReliable ? FrameFlag.reliable : 0) | (flow.isStriped ? FrameFlag.striped : 0);
}
