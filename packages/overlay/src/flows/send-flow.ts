import { CreditSender } from '@peermesh/link';
import type { FlowConfig } from '../config.ts';
import type { Acknowledgement } from './acknowledgement.ts';
import type { FlowKind } from './flow-id.ts';
import { LossRecovery, type UnderWay } from './loss-recovery.ts';
import { PART_HEADER_BYTES, Part } from './part.ts';
import { PartMemory } from './part-memory.ts';
import { RoundTrip } from './round-trip.ts';
import { distance, plus } from './serial.ts';

const PART_BYTES = 32 * 1024 - PART_HEADER_BYTES;

/** The payload of a frame until it is acknowledged: `length` bytes at `at`, the part's head among them. */
export interface OutgoingPart {
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly length: number;
  sends: number;
  sentAtMs: number;
}

/** The sending end of a reliable flow: what was accepted is kept until the receiver has taken it. */
export class SendFlow {
  readonly dst: number;
  readonly id: number;
  readonly kind: FlowKind;
  readonly generation: number;
  bufferedBytes = 0;
  retransmitted = 0;
  /** Changes with each timeout, so that frames sent again take another path. */
  salt = 0;
  /** The life of the receiver that the sequence numbers count for; null while it is not known. */
  receiverEpoch: number | null = null;
  probeAtMs = 0;
  readonly #config: FlowConfig;
  readonly #rtt: RoundTrip;
  #credit: CreditSender;
  readonly #memory = new PartMemory();
  /** From `#first` on; those before are taken. */
  #parts: OutgoingPart[] = [];
  #first = 0;
  /** Taken parts of the message that is being taken. */
  readonly #kept: OutgoingPart[] = [];
  #acked = 0;
  #sent = 0;
  readonly #recovery = new LossRecovery();
  #timerAtMs = Number.POSITIVE_INFINITY;
  #sentBytes = 0;

  constructor(dst: number, id: number, kind: FlowKind, generation: number, config: FlowConfig) {
    this.dst = dst;
    this.id = id;
    this.kind = kind;
    this.generation = generation;
    this.#config = config;
    this.#rtt = new RoundTrip(config.retransmitMinMs, config.retransmitMaxMs);
    this.#credit = new CreditSender(config.windowBytes);
  }

  get isIdle(): boolean {
    return this.#first === this.#parts.length;
  }

  get roundTripMs(): number {
    return this.#rtt.smoothedMs;
  }

  /** When something is to be sent again, or infinity. */
  get timerAtMs(): number {
    return this.#timerAtMs;
  }

  /** Takes a message, or refuses it when the flow holds enough already. Keeps no reference to `bytes`. */
  offer(bytes: Uint8Array): boolean {
    if (this.bufferedBytes > 0 && this.bufferedBytes + bytes.length > this.#config.sendBytesMax) return false;
    for (let from = 0; from < bytes.length || from === 0; from += PART_BYTES) {
      const end = Math.min(from + PART_BYTES, bytes.length);
      const length = PART_HEADER_BYTES + end - from;
      const at = this.#memory.reserve(length, this.bufferedBytes);
      const { slab } = this.#memory;
      slab[at + 4] = partOf(from === 0, end === bytes.length);
      slab.set(from === 0 && end === bytes.length ? bytes : bytes.subarray(from, end), at + PART_HEADER_BYTES);
      this.#parts.push({ bytes: slab, at, length, sends: 0, sentAtMs: 0 });
      this.bufferedBytes += length;
    }
    return true;
  }

  /** The position of the next frame to send, those to be sent again first; -1 for none. */
  get next(): number {
    const again = this.#recovery.next;
    if (again >= 0) return again;
    const part = this.#parts[this.#first + this.#sent];
    return part === undefined || part.length > this.#credit.available ? -1 : this.#sent;
  }

  /** True when frames wait and only the receiver's credit is missing. */
  get isStarved(): boolean {
    return this.#sent === 0 && !this.isIdle && this.next < 0;
  }

  part(position: number): OutgoingPart {
    return this.#parts[this.#first + position]!;
  }

  seqOf(position: number): number {
    return plus(this.#acked, position + 1);
  }

  /** What the path is chosen by: constant, or another one for each flowlet. */
  get pathHash(): number {
    const flowlet = this.kind.isMultiPath ? Math.floor(this.#sentBytes / this.#config.flowletBytes) : 0;
    return (Math.imul(this.id, 0x9e37_79b1) ^ Math.imul(this.salt + flowlet, 0x85eb_ca6b)) >>> 0;
  }

  onSent(position: number, nowMs: number): void {
    const part = this.part(position);
    part.sends += 1;
    part.sentAtMs = nowMs;
    this.#sentBytes += part.length;
    if (position === this.#recovery.next) {
      this.#recovery.onSent();
      this.retransmitted += 1;
    } else {
      this.#sent += 1;
      this.#credit.take(part.length);
    }
    if (this.#timerAtMs === Number.POSITIVE_INFINITY) this.#timerAtMs = nowMs + this.#rtt.timeoutMs;
  }

  /** The receiver speaks. False when it says what cannot be. */
  onAcknowledgement({ taken, gapEnd, creditBytes }: Acknowledgement, nowMs: number): boolean {
    const count = distance(this.#acked, taken);
    if (count < 0) return true;
    if (count > this.#sent) return false;
    if (count > 0) this.#onTaken(count, nowMs);
    this.#credit.grant(creditBytes);
    this.#recovery.onAcknowledgement(this.#underWay, count, gapEnd, 2 * this.#rtt.smoothedMs, nowMs);
    return true;
  }

  /** Silence for too long: the oldest frames are sent again, over another path. */
  onTimer(nowMs: number): void {
    if (nowMs < this.#timerAtMs) return;
    this.#timerAtMs = Number.POSITIVE_INFINITY;
    if (this.#sent === 0) return;
    this.salt += 1;
    this.#rtt.backOff();
    this.#timerAtMs = nowMs + this.#rtt.timeoutMs;
    this.#recovery.onTimeout(this.#underWay);
  }

  /** Another life of the receiver: it knows nothing of what the last one had not acknowledged, so that is numbered anew. */
  restart(receiverEpoch: number): void {
    this.receiverEpoch = receiverEpoch;
    this.#parts = [...this.#kept.splice(0), ...this.#parts.slice(this.#first)];
    this.#first = 0;
    this.#acked = 0;
    this.#sent = 0;
    this.#recovery.clear();
    this.#timerAtMs = Number.POSITIVE_INFINITY;
    this.#credit = new CreditSender(this.#config.windowBytes);
  }

  #onTaken(count: number, nowMs: number): void {
    const last = this.part(count - 1);
    if (last.sends === 1) this.#rtt.sample(nowMs - last.sentAtMs);
    else this.#rtt.onProgress();
    for (let i = 0; i < count; i += 1) this.#keep(this.part(i));
    this.#first += count;
    if (this.#first > 64 && this.#first * 2 > this.#parts.length) {
      this.#parts = this.#parts.slice(this.#first);
      this.#first = 0;
    }
    if (this.isIdle && this.#kept.length === 0) this.#memory.clear();
    this.#acked = plus(this.#acked, count);
    this.#sent -= count;
    this.#timerAtMs = this.#sent > 0 ? nowMs + this.#rtt.timeoutMs : Number.POSITIVE_INFINITY;
  }

  /** Parts of a message that is not complete at the receiver are kept: another life of it needs them all. */
  #keep(part: OutgoingPart): void {
    const kind = part.bytes[part.at + 4];
    if (kind === Part.whole) return this.#release(part);
    this.#kept.push(part);
    if (kind === Part.last) for (const kept of this.#kept.splice(0)) this.#release(kept);
  }

  #release({ bytes, length }: OutgoingPart): void {
    this.bufferedBytes -= length;
    this.#memory.release(bytes);
  }

  get #underWay(): UnderWay {
    return { acked: this.#acked, sent: this.#sent, bytesOf: (position) => this.part(position).length };
  }
}

function partOf(isFirst: boolean, isLast: boolean): Part {
  if (isFirst) return isLast ? Part.whole : Part.first;
  return isLast ? Part.last : Part.middle;
}
