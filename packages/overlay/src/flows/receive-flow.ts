import { CreditReceiver } from '@peermesh/link';
import type { FlowConfig } from '../config.ts';
import type { Acknowledgement } from './acknowledgement.ts';
import type { FlowKind } from './flow-id.ts';
import { PART_HEADER_BYTES, Part } from './part.ts';
import { distance, plus } from './serial.ts';

/** What became of a frame. */
export type Receipt = 'taken' | 'duplicate' | 'over_credit' | 'malformed';

/** A whole message, and the bytes of credit that its frames took. */
export interface ReceivedMessage {
  readonly bytes: Uint8Array;
  readonly credit: number;
}

interface HeldPart {
  readonly part: number;
  readonly bytes: Uint8Array;
}

/** The receiving end of a reliable flow: takes every frame once and in order, whichever paths they came by. */
export class ReceiveFlow {
  readonly src: number;
  readonly id: number;
  readonly senderEpoch: number;
  readonly generation: number;
  readonly kind: FlowKind;
  readonly credit: CreditReceiver;
  /** Messages that are complete, in order; the owner takes them out. */
  readonly messages: ReceivedMessage[] = [];
  ackDueAtMs = Number.POSITIVE_INFINITY;
  #taken = 0;
  #unackedBytes = 0;
  readonly #config: FlowConfig;
  readonly #held = new Map<number, HeldPart>();
  #assembly: Uint8Array[] = [];
  #assemblyBytes = 0;
  /** Until a first part comes, and in messages that are too large. */
  #isSkipping = true;

  constructor(
    src: number,
    id: number,
    kind: FlowKind,
    life: { readonly senderEpoch: number; readonly generation: number },
    config: FlowConfig,
  ) {
    this.src = src;
    this.id = id;
    this.kind = kind;
    this.senderEpoch = life.senderEpoch;
    this.generation = life.generation;
    this.#config = config;
    this.credit = new CreditReceiver(config.windowBytes);
  }

  get heldBytes(): number {
    return this.credit.heldBytes;
  }

  /** Takes a frame's payload, `bytes` from `at` to `end` with its head. The bytes are kept as they are, not copied. */
  take(seq: number, bytes: Uint8Array, at: number, end: number, nowMs: number): Receipt {
    const part = bytes[at + 4]!;
    if (part === Part.probe) {
      this.ackDueAtMs = nowMs;
      return 'taken';
    }
    const ahead = distance(this.#taken, seq);
    if (ahead <= 0 || (ahead > 1 && this.#held.has(seq))) {
      this.ackDueAtMs = nowMs;
      return 'duplicate';
    }
    if (!this.credit.receive(end - at)) {
      this.ackDueAtMs = nowMs;
      return 'over_credit';
    }
    const data = bytes.subarray(at + PART_HEADER_BYTES, end);
    if (ahead > 1) this.#held.set(seq, { part, bytes: data });
    else {
      this.#taken = seq;
      this.#assemble(part, data);
      if (this.#held.size > 0) while (this.#takeNext());
    }
    this.#owe(end - at, ahead > 1, nowMs);
    return 'taken';
  }

  /** Bytes of messages that have been consumed: the sender may send as much again. */
  release(bytes: number, nowMs: number): void {
    this.credit.release(bytes);
    if (this.credit.isAnnouncementDue) this.ackDueAtMs = Math.min(this.ackDueAtMs, nowMs);
  }

  acknowledge(receiverEpoch: number): Acknowledgement {
    this.ackDueAtMs = Number.POSITIVE_INFINITY;
    this.#unackedBytes = 0;
    let gapEnd = 0;
    let nearest = Number.POSITIVE_INFINITY;
    for (const seq of this.#held.keys()) {
      const ahead = distance(this.#taken, seq);
      if (ahead < nearest) [nearest, gapEnd] = [ahead, seq];
    }
    const { senderEpoch, generation, id: flow } = this;
    const creditBytes = this.credit.announce();
    return { flow, senderEpoch, generation, receiverEpoch, taken: this.#taken, gapEnd, creditBytes };
  }

  #owe(bytes: number, isGap: boolean, nowMs: number): void {
    this.#unackedBytes += bytes;
    const isDue = isGap || this.#unackedBytes >= this.#config.ackEveryBytes;
    this.ackDueAtMs = Math.min(this.ackDueAtMs, isDue ? nowMs : nowMs + this.#config.ackDelayMs);
  }

  #takeNext(): boolean {
    const seq = plus(this.#taken, 1);
    const held = this.#held.get(seq);
    if (held === undefined) return false;
    this.#held.delete(seq);
    this.#taken = seq;
    this.#assemble(held.part, held.bytes);
    return true;
  }

  #assemble(part: number, bytes: Uint8Array): void {
    const credit = PART_HEADER_BYTES + bytes.length;
    if (part === Part.whole) {
      this.messages.push({ bytes, credit });
      return;
    }
    // Parts are consumed as they come: a message may be larger than the window.
    this.credit.release(credit);
    if (part === Part.first) {
      this.#assembly = [];
      this.#assemblyBytes = 0;
      this.#isSkipping = false;
    }
    this.#assemblyBytes += bytes.length;
    if (this.#assemblyBytes > this.#config.messageBytesMax) {
      this.#isSkipping = true;
      this.#assembly = [];
    }
    if (this.#isSkipping) return;
    this.#assembly.push(bytes);
    if (part !== Part.last) return;
    this.#isSkipping = true;
    this.messages.push({ bytes: Buffer.concat(this.#assembly), credit: 0 });
    this.#assembly = [];
    this.#assemblyBytes = 0;
  }
}
