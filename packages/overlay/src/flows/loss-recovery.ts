import { distance, plus } from './serial.ts';

/** Bytes that are sent again before the receiver has said that it has them. */
const RESEND_BYTES = 64 * 1024;
const GAP_MS_MIN = 100;

/** What is under way of a flow: `sent` frames after the sequence number `acked`, the bytes of each by its position. */
export interface UnderWay {
  readonly acked: number;
  readonly sent: number;
  bytesOf(position: number): number;
}

interface Recovery {
  /** The last frame that was under way when it began. */
  readonly to: number;
  /** A timeout doubts all that was under way; a gap only what is missing in it. */
  readonly doubtsAll: boolean;
  /** The last frame that was sent again. */
  resentTo: number;
}

/**
 * Which frames of a flow are sent again. A timeout begins with the oldest, a gap that does not close by itself with what is missing
 * in it; what else is lost follows as fast as the receiver says that it has those (the partial acknowledgements of NewReno, RFC
 * 6582), not after one timeout each. When it has more than was sent again, the timeout was mistaken and it ends (as F-RTO, RFC 5682).
 */
export class LossRecovery {
  #at = 0;
  #end = 0;
  #recovery: Recovery | null = null;
  #gapTaken = 0;
  #gapSinceMs = 0;

  /** The position of the next frame to send again; -1 for none. */
  get next(): number {
    return this.#at < this.#end ? this.#at : -1;
  }

  /** The frame of {@link next} was sent. */
  onSent(): void {
    this.#at += 1;
  }

  /** Nothing came back for too long. */
  onTimeout(flow: UnderWay): void {
    const { acked, sent } = flow;
    this.#recovery = { to: plus(acked, sent), doubtsAll: true, resentTo: acked };
    this.#resend(flow, 0, sent);
  }

  /**
   * The receiver has taken all frames up to `flow.acked`, `count` more than before, and holds one at `gapEnd`; 0 for none.
   * @param patienceMs how long a gap may be there before it is taken for a loss
   */
  onAcknowledgement(flow: UnderWay, count: number, gapEnd: number, patienceMs: number, nowMs: number): void {
    this.#at = Math.max(0, this.#at - count);
    this.#end = Math.max(0, this.#end - count);
    if (count > 0 && this.#recovery !== null) this.#goOn(flow, this.#recovery, gapEnd);
    else if (gapEnd !== 0) this.#onGap(flow, gapEnd, patienceMs, nowMs);
  }

  /** Frames are numbered anew. */
  clear(): void {
    this.#at = 0;
    this.#end = 0;
    this.#recovery = null;
  }

  #goOn(flow: UnderWay, recovery: Recovery, gapEnd: number): void {
    const { acked } = flow;
    const left = distance(acked, recovery.to);
    const resent = distance(acked, recovery.resentTo);
    const isMistaken = gapEnd === 0 && (resent < 0 || !recovery.doubtsAll);
    if (left <= 0 || isMistaken) {
      this.#recovery = null;
      return;
    }
    const missing = gapEnd === 0 ? left : Math.min(left, distance(acked, gapEnd) - 1);
    this.#resend(flow, Math.max(0, resent), missing);
  }

  #onGap(flow: UnderWay, gapEnd: number, patienceMs: number, nowMs: number): void {
    const { acked, sent } = flow;
    const length = distance(acked, gapEnd) - 1;
    if (length <= 0 || length > sent) return;
    if (this.#gapTaken !== acked || this.#gapSinceMs === 0) {
      this.#gapTaken = acked;
      this.#gapSinceMs = nowMs;
      return;
    }
    if (nowMs - this.#gapSinceMs < Math.max(GAP_MS_MIN, patienceMs)) return;
    this.#gapSinceMs = nowMs;
    this.#recovery = { to: plus(acked, length), doubtsAll: false, resentTo: acked };
    this.#resend(flow, 0, length);
  }

  /** Sends the first `count` frames again, those before `from` excepted, as far as the bytes allow. */
  #resend(flow: UnderWay, from: number, count: number): void {
    if (this.#at < this.#end) return;
    let bytes = 0;
    let end = 0;
    while (end < count && (end === 0 || bytes < RESEND_BYTES)) bytes += flow.bytesOf(end++);
    if (end <= from) return;
    this.#at = from;
    this.#end = end;
    if (this.#recovery !== null) this.#recovery.resentTo = plus(flow.acked, end);
  }
}
