import { FrameCursor, FrameFlag, fragmentCount, PAYLOAD_BYTES_MAX, Reassembler } from '@peermesh/link';
import type { InvariantRegistry } from '../invariant.ts';
import { hashSeed } from '../random.ts';
import type { LinkInvariant } from './invariants.ts';

export const SIZE_MIN = 8;

/** What one flow sent in one direction, against what came out. */
export class Ledger {
  readonly flow: number;
  readonly isReliable: boolean;
  readonly isStriped: boolean;
  /** Sequence numbers given so far; those of dropped best-effort frames included. */
  sent = 0;
  delivered = 0;
  late = 0;
  #last = 0;
  readonly #seen = new Set<number>();
  readonly #registry: InvariantRegistry<LinkInvariant>;
  readonly #reassembler = new Reassembler({ messageBytesMax: 1 << 20, bytesMax: 1 << 24, timeoutMs: 1e9 });

  constructor(flow: number, isReliable: boolean, isStriped: boolean, registry: InvariantRegistry<LinkInvariant>) {
    this.flow = flow;
    this.isReliable = isReliable;
    this.isStriped = isStriped;
    this.#registry = registry;
  }

  /** The message that begins with the next sequence number. */
  nextPayload(): Uint8Array {
    return payloadOf(this.flow, this.sent + 1);
  }

  onSent(payload: Uint8Array): void {
    this.sent += fragmentCount(payload.length);
  }

  onDelivered(cursor: FrameCursor, isLate: boolean): void {
    const { seqLow: seq } = cursor;
    const place = (): string => `flow ${this.flow}: frame ${seq} after ${this.#last}, ${this.sent} sent`;
    this.#registry.check('OnlyWhatWasSent', seq > 0 && seq <= this.sent, place);
    this.#registry.check('DeliveredOnce', !this.#seen.has(seq), place);
    this.#seen.add(seq);
    this.delivered += 1;
    if (isLate) this.late += 1;
    else {
      const isNext = this.isReliable && !this.isStriped ? seq === this.#last + 1 : seq > this.#last;
      this.#registry.check(this.isStriped ? 'StripedOrder' : 'PinnedOrder', isNext, place);
      this.#last = seq;
    }
    this.#checkBytes(cursor, place);
  }

  finish(): void {
    if (!this.isReliable) return;
    const missing = (): string => `flow ${this.flow}: ${this.delivered} of ${this.sent} accepted frames came out`;
    this.#registry.check('NothingLost', this.delivered === this.sent, missing);
  }

  #checkBytes(cursor: FrameCursor, place: () => string): void {
    const isFragment = (cursor.flags & FrameFlag.fragment) !== 0;
    const message = isFragment ? this.#reassembler.add(cursor, 0) : cursor.payload();
    if (message === null) {
      this.#registry.check('OnlyWhatWasSent', this.#reassembler.refusal === null, place);
      return;
    }
    const first = new DataView(message.buffer, message.byteOffset, message.length).getUint32(0, true);
    const isSame = Buffer.compare(message, payloadOf(this.flow, first)) === 0;
    this.#registry.check('OnlyWhatWasSent', isSame && (isFragment || first === cursor.seqLow), place);
  }
}

/** The message of a flow that begins at `seq`: its size and bytes follow from both. */
function payloadOf(flow: number, seq: number): Uint8Array {
  const draw = hashSeed(flow, `${seq}`);
  const kind = draw % 100;
  const scale = kind < 80 ? 400 : kind < 98 ? 8_000 : 60_000;
  const size = Math.min(SIZE_MIN + ((draw >>> 8) % scale), flow === CONTROL_FLOW ? PAYLOAD_BYTES_MAX : 60_000);
  const payload = new Uint8Array(size).fill(draw);
  const view = new DataView(payload.buffer);
  view.setUint32(0, seq, true);
  view.setUint32(4, flow, true);
  return payload;
}

const CONTROL_FLOW = 1;
