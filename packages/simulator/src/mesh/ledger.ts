import type { RuleCheck } from '../invariant.ts';

/** One flow of a producer: all its messages carry consecutive numbers. */
export interface TrafficFlow {
  readonly src: number;
  readonly dst: number;
  readonly channel: number;
  readonly isReliable: boolean;
}

interface SentMessage {
  readonly flow: TrafficFlow;
  readonly number: number;
  readonly bytes: number;
  readonly srcLife: number;
  readonly sentAtMs: number;
  arrivedAtMs: number;
  /** One of its ends was not a member all the time. */
  isExempt: boolean;
}

const HEAD_BYTES = 12;

/** What was accepted and what arrived. */
export class Ledger {
  delivered = 0;
  accepted = 0;
  readonly #registry: RuleCheck<'ExactlyOnce' | 'FlowOrder' | 'NothingInvented'>;
  readonly #sent: SentMessage[] = [];
  #open = new Set<SentMessage>();
  readonly #arrived = new Set<string>();
  readonly #last = new Map<string, number>();

  constructor(registry: RuleCheck<'ExactlyOnce' | 'FlowOrder' | 'NothingInvented'>) {
    this.#registry = registry;
  }

  /** The bytes of the next message; the same number always gives the same ones. */
  next(bytes: number): Uint8Array {
    const message = new Uint8Array(Math.max(bytes, HEAD_BYTES));
    const view = new DataView(message.buffer);
    const number = this.#sent.length;
    view.setUint32(0, number);
    view.setUint32(4, message.length);
    message.fill(number & 0xff, HEAD_BYTES);
    return message;
  }

  /** The message that `next` made was accepted. Returns its number. */
  onAccepted(flow: TrafficFlow, message: Uint8Array, srcLife: number, nowMs: number): number {
    const number = this.#sent.length;
    const sent = {
      flow,
      number,
      bytes: message.length,
      srcLife,
      sentAtMs: nowMs,
      arrivedAtMs: Number.NaN,
      isExempt: false,
    };
    this.#sent.push(sent);
    if (flow.isReliable) this.#open.add(sent);
    this.accepted += 1;
    return number;
  }

  onDelivered(dst: number, dstLife: number, src: number, channel: number, bytes: Uint8Array, nowMs: number): void {
    const text = (): string => `n${dst} life ${dstLife} from n${src} on ${channel}: ${bytes.length} bytes`;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const number = bytes.length >= HEAD_BYTES ? view.getUint32(0) : -1;
    const sent = this.#sent[number];
    const isGenuine =
      sent !== undefined &&
      sent.flow.src === src &&
      sent.flow.dst === dst &&
      sent.flow.channel === channel &&
      sent.bytes === bytes.length &&
      isFilledWith(bytes.subarray(HEAD_BYTES), number & 0xff);
    this.#registry.check('NothingInvented', isGenuine, text);
    if (sent === undefined) return;
    this.delivered += 1;
    const key = `${number} ${dstLife}`;
    this.#registry.check('ExactlyOnce', !this.#arrived.has(key), () => `${text()}, message ${number} again`);
    this.#arrived.add(key);
    if (Number.isNaN(sent.arrivedAtMs)) sent.arrivedAtMs = nowMs;
    this.#open.delete(sent);
    if (!sent.flow.isReliable) return;
    const flowKey = `${src} ${sent.srcLife} ${channel} ${dst} ${dstLife}`;
    const last = this.#last.get(flowKey) ?? -1;
    this.#registry.check('FlowOrder', number > last, () => `${text()}: ${number} after ${last}`);
    this.#last.set(flowKey, number);
  }

  /** From here on nothing is promised of what is under way from or to this node. */
  exempt(node: number): void {
    for (const sent of this.#open) if (sent.flow.src === node || sent.flow.dst === node) sent.isExempt = true;
  }

  arrivedAtMs(number: number): number {
    return this.#sent[number]?.arrivedAtMs ?? Number.NaN;
  }

  /** Messages that must still arrive, given which life each node is in. */
  missing(lifeOf: (node: number) => number): SentMessage[] {
    return [...this.#open].filter(({ flow, srcLife, isExempt }) => !isExempt && lifeOf(flow.src) === srcLife);
  }
}

const FILLED = Array.from({ length: 256 }, (_, byte) => Buffer.alloc(1024, byte));

function isFilledWith(bytes: Uint8Array, byte: number): boolean {
  const filled = FILLED[byte]!;
  for (let at = 0; at < bytes.length; at += filled.length) {
    const part = bytes.subarray(at, at + filled.length);
    if (filled.compare(part, 0, part.length, 0, part.length) !== 0) return false;
  }
  return true;
}
