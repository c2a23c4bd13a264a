const REMEMBERED = 64;

/** Round-trip estimate of RFC 6298, in milliseconds. */
export class RttEstimator {
  smoothedMs = 0;
  varianceMs = 0;

  add(sampleMs: number): void {
    if (this.smoothedMs === 0) {
      this.smoothedMs = sampleMs;
      this.varianceMs = sampleMs / 2;
      return;
    }
    this.varianceMs += (Math.abs(sampleMs - this.smoothedMs) - this.varianceMs) / 4;
    this.smoothedMs += (sampleMs - this.smoothedMs) / 8;
  }
}

/**
 * Whether a lane works, in the manner of BFD's echo function (RFC 5880 section 3.2): only an answer to our own echo proves
 * the lane, since it went out and came back; that the other side is heard proves nothing about our direction to it.
 */
export class EchoDetector {
  readonly rtt = new RttEstimator();
  /** When an echo of ours last came back, or the connection began. */
  provenAtMs = 0;
  /** When an echo of the other side last came in. */
  heardAtMs = 0;
  /** When the latest echo that came back was sent: a lane keeps its order, so what was sent before is there by now, or lost. */
  passedSinceMs = Number.NEGATIVE_INFINITY;
  /** Answers since the last gap. */
  goodEchoes = 0;
  #nextId = 1;
  #nextAtMs = 0;
  readonly #intervalMs: number;
  readonly #sentAtMs = new Float64Array(REMEMBERED).fill(-1);

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** A new connection: the time runs anew and answers to echoes of the old one count for nothing. */
  restart(nowMs: number): void {
    this.provenAtMs = nowMs;
    this.heardAtMs = nowMs;
    this.passedSinceMs = Number.NEGATIVE_INFINITY;
    this.goodEchoes = 0;
    this.#nextAtMs = nowMs;
    this.#sentAtMs.fill(-1);
  }

  /** The id of the echo that is to be sent now, or 0. The interval is shortened by up to 10 % (RFC 5880 section 6.8.7). */
  poll(nowMs: number, random: () => number): number {
    if (nowMs < this.#nextAtMs) return 0;
    this.#nextAtMs = nowMs + this.#intervalMs * (1 - random() / 10);
    const id = this.#nextId;
    this.#nextId = (this.#nextId + 1) >>> 0 || 1;
    this.#sentAtMs[id % REMEMBERED] = nowMs;
    return id;
  }

  /** An answer came in; false when it answers no echo of this connection that is still remembered. */
  onReply(id: number, nowMs: number): boolean {
    const age = (this.#nextId - id) >>> 0;
    const sentAtMs = this.#sentAtMs[id % REMEMBERED]!;
    if (age === 0 || age > REMEMBERED || sentAtMs < 0) return false;
    this.#sentAtMs[id % REMEMBERED] = -1;
    this.rtt.add(Math.max(0.01, nowMs - sentAtMs));
    this.goodEchoes += 1;
    this.provenAtMs = nowMs;
    this.passedSinceMs = Math.max(this.passedSinceMs, sentAtMs);
    return true;
  }

  /** An acknowledgement of data proves both directions as an answer does. */
  onProof(nowMs: number): void {
    this.provenAtMs = nowMs;
  }

  /** Time during which this process stood still is nobody's silence. */
  forgive(ms: number, nowMs: number): void {
    this.provenAtMs = Math.min(nowMs, this.provenAtMs + ms);
    this.heardAtMs = Math.min(nowMs, this.heardAtMs + ms);
  }

  silentMs(nowMs: number): number {
    return nowMs - this.provenAtMs;
  }
}
