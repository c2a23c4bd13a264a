import type { ControlReason, NodeIntroduction } from '@peermesh/replication';
import { CONTROL_REASONS } from '@peermesh/replication';
import type { Contact } from './contact.ts';
import type { NeighbourWords } from './neighbour-message.ts';

/** A wish to join a mesh. */
export interface JoinWish {
  readonly meshId: string;
  /** Where members may be reached, in the form of the transport. */
  readonly addresses: readonly string[];
  /** The join key, or empty. */
  readonly secret: string;
  /** After this the wish is given up, ms. */
  readonly timeoutMs: number;
}

/** How a wish ended. */
export type JoinEnd =
  | {
      readonly kind: 'welcome';
      readonly meshId: string;
      readonly shortId: number;
      readonly index: number;
      readonly contacts: readonly Contact[];
    }
  | { readonly kind: 'refused'; readonly reason: ControlReason }
  | { readonly kind: 'timed-out' };

/** A newcomer's way in: asks one neighbour after the other until one brings the answer of the control group. */
export class Joining {
  readonly operationId: string;
  readonly wish: JoinWish;
  readonly #introduction: NodeIntroduction;
  readonly #nonce: string;
  readonly #retryMs: number;
  readonly #deadlineMs: number;
  readonly #neighbours: string[] = [];
  #nextAtMs: number;
  #turn = 0;
  #end: JoinEnd | null = null;

  constructor(
    operationId: string,
    wish: JoinWish,
    introduction: NodeIntroduction,
    { nonce, retryMs, nowMs }: { readonly nonce: string; readonly retryMs: number; readonly nowMs: number },
  ) {
    this.operationId = operationId;
    this.wish = wish;
    this.#introduction = introduction;
    this.#nonce = nonce;
    this.#retryMs = retryMs;
    this.#deadlineMs = nowMs + wish.timeoutMs;
    this.#nextAtMs = nowMs;
  }

  get wakeAtMs(): number {
    return Math.min(this.#deadlineMs, this.#neighbours.length === 0 ? Number.POSITIVE_INFINITY : this.#nextAtMs);
  }

  linkChanged(peer: string, isUp: boolean, nowMs: number): void {
    const at = this.#neighbours.indexOf(peer);
    if (isUp && at < 0) {
      this.#neighbours.push(peer);
      if (this.#neighbours.length === 1) this.#nextAtMs = nowMs;
    }
    if (!isUp && at >= 0) this.#neighbours.splice(at, 1);
  }

  /** The wish may be over. */
  expire(nowMs: number): JoinEnd | null {
    if (nowMs >= this.#deadlineMs) this.#end ??= { kind: 'timed-out' };
    return this.#end;
  }

  giveUp(): void {
    this.#end ??= { kind: 'timed-out' };
  }

  /** What is to be said now, and to whom; null for nothing. */
  due(nowMs: number): { readonly peer: string; readonly words: NeighbourWords } | null {
    if (this.#end !== null || nowMs < this.#nextAtMs) return null;
    const peer = this.#neighbours[this.#turn++ % this.#neighbours.length];
    if (peer === undefined) return null;
    this.#nextAtMs = nowMs + this.#retryMs;
    const { meshId, secret } = this.wish;
    return { peer, words: { kind: 'join', nonce: this.#nonce, meshId, introduction: this.#introduction, secret } };
  }

  heard(words: NeighbourWords, nowMs: number): void {
    if (!('nonce' in words) || words.nonce !== this.#nonce || this.#end !== null) return;
    if (words.kind === 'later') this.#nextAtMs = Math.min(this.#nextAtMs, nowMs + this.#retryMs / 4);
    if (words.kind === 'welcome') {
      const { meshId, shortId, index, contacts } = words;
      if (shortId > 0 && meshId === this.wish.meshId) this.#end = { kind: 'welcome', meshId, shortId, index, contacts };
    }
    if (words.kind === 'refusal' && words.reason in CONTROL_REASONS)
      this.#end = { kind: 'refused', reason: words.reason as ControlReason };
  }
}
