const BUCKET_MS = 5_000;

/**
 * Delivery rate and round trip of a lane from acknowledgements, in the manner of BBR (draft-ietf-ccwg-bbr): the greatest
 * rate of the last two buckets, the smallest round trip of the last two. Samples taken while there was too little to send
 * can only raise the rate.
 */
export class RateEstimator {
  deliveredBytes = 0;
  deliveredAtMs = 0;
  #rateNow = 0;
  #rateBefore = 0;
  #rttNow = Number.POSITIVE_INFINITY;
  #rttBefore = Number.POSITIVE_INFINITY;
  #bucketMs = 0;
  #isFull = false;

  /** Bytes per millisecond; 0 before the first sample. */
  get rate(): number {
    return Math.max(this.#rateNow, this.#rateBefore);
  }

  /** Smallest time from sending to acknowledgement; infinite before the first sample. */
  get minRttMs(): number {
    return Math.min(this.#rttNow, this.#rttBefore);
  }

  /**
   * Bytes that are under way at this rate. What the other side may take over an acknowledgement counts as a part of the
   * round trip, as `max_ack_delay` does in RFC 9002: the smallest one was of a batch that was answered at once.
   */
  bdpBytes(ackDelayMs: number): number {
    return this.rate === 0 ? 0 : this.rate * (this.minRttMs + ackDelayMs);
  }

  /** A batch of `bytes`, sent when the lane's totals stood at `atSend`, is acknowledged. */
  onAck(
    bytes: number,
    sentAtMs: number,
    deliveredAtSend: number,
    deliveredAtMs: number,
    isFull: boolean,
    nowMs: number,
  ): void {
    this.#rotate(nowMs);
    this.deliveredBytes += bytes;
    this.deliveredAtMs = nowMs;
    this.#rttNow = Math.min(this.#rttNow, Math.max(RTT_MIN_MS, nowMs - sentAtMs));
    const rate = (this.deliveredBytes - deliveredAtSend) / Math.max(RTT_MIN_MS, nowMs - deliveredAtMs);
    if (isFull || rate > this.rate) this.#rateNow = Math.max(this.#rateNow, rate);
    if (isFull) this.#isFull = true;
  }

  #rotate(nowMs: number): void {
    if (nowMs - this.#bucketMs < BUCKET_MS) return;
    this.#bucketMs = nowMs;
    if (this.#rttNow !== Number.POSITIVE_INFINITY) {
      this.#rttBefore = this.#rttNow;
      this.#rttNow = Number.POSITIVE_INFINITY;
    }
    if (!this.#isFull) return;
    this.#isFull = false;
    this.#rateBefore = this.#rateNow;
    this.#rateNow = 0;
  }
}

/** Below this a clock's grain would make rates of nothing. */
const RTT_MIN_MS = 0.05;
