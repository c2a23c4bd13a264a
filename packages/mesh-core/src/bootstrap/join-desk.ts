import type { NodeIntroduction } from '@peermesh/replication';
import type { OverlayHost } from '../overlay-host.ts';
import { type JoinEnd, Joining, type JoinWish } from './joining.ts';
import { decodeNeighbourWords, encodeNeighbourWords } from './neighbour-message.ts';

/** A join that is over. */
export interface EndedJoin {
  readonly operationId: string;
  readonly wish: JoinWish;
  readonly end: JoinEnd;
}

/** The newcomer's side of the links: one wish at a time. */
export class JoinDesk {
  readonly #host: OverlayHost;
  readonly #introduction: NodeIntroduction;
  readonly #random: () => number;
  readonly #retryMs: number;
  #joining: Joining | null = null;

  constructor(host: OverlayHost, introduction: NodeIntroduction, random: () => number, retryMs: number) {
    this.#host = host;
    this.#introduction = introduction;
    this.#random = random;
    this.#retryMs = retryMs;
  }

  get wakeAtMs(): number {
    return this.#joining?.wakeAtMs ?? Number.POSITIVE_INFINITY;
  }

  begin(operationId: string, wish: JoinWish, nowMs: number): void {
    const nonce = `${operationId}-${Math.floor(this.#random() * 2 ** 48).toString(16)}`;
    this.#joining = new Joining(operationId, wish, this.#introduction, { nonce, retryMs: this.#retryMs, nowMs });
    this.#host.start(wish.meshId, nowMs).setSeeds(wish.addresses, nowMs);
  }

  linkChanged(peer: string, isUp: boolean, nowMs: number): void {
    this.#joining?.linkChanged(peer, isUp, nowMs);
  }

  hear(bytes: Uint8Array, nowMs: number): void {
    const decoded = decodeNeighbourWords(bytes);
    if ('value' in decoded) this.#joining?.heard(decoded.value, nowMs);
  }

  tick(nowMs: number): void {
    const due = this.#joining?.due(nowMs) ?? null;
    if (due !== null) this.#host.overlay?.sendToNeighbour(due.peer, encodeNeighbourWords(due.words), nowMs);
  }

  cancel(): void {
    this.#joining?.giveUp();
  }

  /** The wish, once it is over. */
  takeEnded(nowMs: number): EndedJoin | null {
    const joining = this.#joining;
    const end = joining?.expire(nowMs) ?? null;
    if (joining === null || end === null) return null;
    this.#joining = null;
    return { operationId: joining.operationId, wish: joining.wish, end };
  }
}
