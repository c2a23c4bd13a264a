import { CreditReceiver, createFrame, type Flow, type FrameCursor, SendResult, type VirtualLink } from '@peermesh/link';
import type { InvariantRegistry } from '../invariant.ts';
import type { LinkInvariant } from './invariants.ts';
import { Ledger } from './ledger.ts';

/** Every kind of flow that a link knows, in each direction. */
const FLOWS = [
  { id: 1, trafficClass: 0, isReliable: true },
  { id: 2, trafficClass: 1, isReliable: true },
  { id: 3, trafficClass: 2, isReliable: true },
  { id: 4, trafficClass: 2, isReliable: true },
  { id: 5, trafficClass: 2, isReliable: true, isStriped: true },
  { id: 6, trafficClass: 1, isReliable: false, whenFull: 'drop-oldest' },
  { id: 7, trafficClass: 2, isReliable: false, whenFull: 'drop-newest' },
  { id: 8, trafficClass: 1, isReliable: true, creditBytes: 128 * 1024 },
] as const;

const CREDITED = 8;
const CREDITED_WINDOW = 128 * 1024;
const GRANTS = 9;

/** The producers at one end and the consumers at the other. */
export class Traffic {
  readonly ledgers = new Map<number, Ledger>();
  /** What the consumer of the credited flow has yet to tell its producer; sent over the link that leads back. */
  readonly consumer = new CreditReceiver(CREDITED_WINDOW);
  blocked = 0;
  refusedGrants = 0;
  readonly #flows = new Map<number, Flow>();
  readonly #grants: Flow;
  readonly #link: VirtualLink;
  readonly #registry: InvariantRegistry<LinkInvariant>;
  #grantSeq = 0;

  constructor(link: VirtualLink, registry: InvariantRegistry<LinkInvariant>) {
    this.#link = link;
    this.#registry = registry;
    for (const options of FLOWS) {
      const flow = link.openFlow(options);
      this.#flows.set(options.id, flow);
      this.ledgers.set(options.id, new Ledger(options.id, options.isReliable, flow.isStriped, registry));
    }
    this.#grants = link.openFlow({ id: GRANTS, trafficClass: 0, isReliable: true });
  }

  get ids(): readonly number[] {
    return FLOWS.map(({ id }) => id);
  }

  /** Offers up to `count` messages of a flow; stops at the first that has to wait. */
  burst(id: number, count: number, nowMs: number): void {
    const flow = this.#flows.get(id) as Flow;
    const ledger = this.ledgers.get(id) as Ledger;
    const frame = createFrame({ flow: id, trafficClass: flow.trafficClass });
    for (let i = 0; i < count; i += 1) {
      frame.payload = ledger.nextPayload();
      frame.seqLow = ledger.sent + 1;
      frame.flags = 0;
      const result = this.#link.trySend(flow, frame, nowMs);
      if (result === SendResult.wouldBlock || result === SendResult.noCredit) {
        this.blocked += 1;
        return;
      }
      const isExpected = result === SendResult.accepted || (result === SendResult.dropped && !flow.isReliable);
      if (!isExpected)
        throw new Error(`flow ${id}: a frame of ${frame.payload.length} bytes was answered by ${result}`);
      ledger.onSent(frame.payload);
    }
  }

  /** A grant of the consumer for the credited flow of this end. */
  onGrant(cursor: FrameCursor): void {
    const payload = cursor.payload();
    this.#flows.get(CREDITED)?.grant(new DataView(payload.buffer, payload.byteOffset).getUint32(0, true));
  }

  /** Tells the other end, over this end's link, what `consumer` grants. */
  sendGrant(consumer: CreditReceiver, nowMs: number): void {
    if (!consumer.isAnnouncementDue) return;
    const payload = new Uint8Array(4);
    new DataView(payload.buffer).setUint32(0, consumer.limit, true);
    const frame = createFrame({ type: 5, flow: GRANTS, trafficClass: 0, seqLow: this.#grantSeq + 1, payload });
    if (this.#link.trySend(this.#grants, frame, nowMs) !== SendResult.accepted) {
      this.refusedGrants += 1;
      return;
    }
    this.#grantSeq += 1;
    consumer.announce();
  }

  /** True when it was a grant for the other direction. */
  onDelivered(cursor: FrameCursor, isLate: boolean): boolean {
    if (cursor.flow === GRANTS) return true;
    const ledger = this.ledgers.get(cursor.flow);
    this.#registry.check('OnlyWhatWasSent', ledger !== undefined, () => `flow ${cursor.flow} was never opened`);
    if (cursor.flow === CREDITED)
      this.#registry.check('CreditBounded', this.consumer.receive(cursor.length), () => 'flow 8 exceeds its grants');
    ledger?.onDelivered(cursor, isLate);
    return false;
  }

  finish(): void {
    for (const ledger of this.ledgers.values()) ledger.finish();
    const { consumer } = this;
    const credit = this.#flows.get(CREDITED)?.credit?.available ?? 0;
    const isWhole = consumer.heldBytes === 0 && credit > CREDITED_WINDOW * 0.75 - 1;
    const detail = (): string => `credit ${credit}, held ${consumer.heldBytes} of ${CREDITED_WINDOW}`;
    this.#registry.check('FlowCreditConserved', isWhole && credit <= CREDITED_WINDOW, detail);
  }
}

export const CREDITED_FLOW = CREDITED;
