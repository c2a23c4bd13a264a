import type { FrameCursor } from '../wire/frame-cursor.ts';

const FLOWS_MAX = 4_096;

interface Stripe {
  expected: number;
  /** When the present gap began; infinite while there is none. */
  gapSinceMs: number;
  readonly held: Map<number, Uint8Array>;
}

/**
 * Puts the frames of striped flows back in order, within bounds: after `waitMs` or at `bytesMax` a gap is passed over, and
 * a frame that comes for it later is let through as late. Nothing is ever dropped here.
 */
export class Resequencer {
  heldBytes = 0;
  /** Gaps passed over. */
  skipped = 0;
  late = 0;
  readonly #bytesMax: number;
  readonly #waitMs: number;
  readonly #flows = new Map<string, Stripe>();

  constructor(bytesMax: number, waitMs: number) {
    this.#bytesMax = bytesMax;
    this.#waitMs = waitMs;
  }

  /** `pass` when the frame under the cursor is next, `late` when it was given up on, `held` when it was kept (copied). */
  add(cursor: FrameCursor, nowMs: number): 'pass' | 'late' | 'held' {
    const stripe = this.#stripeOf(`${cursor.src}:${cursor.flow}`);
    const ahead = (cursor.seqLow - stripe.expected) | 0;
    if (ahead < 0) {
      this.late += 1;
      return 'late';
    }
    if (ahead === 0) {
      stripe.expected = (stripe.expected + 1) >>> 0;
      return 'pass';
    }
    stripe.held.set(cursor.seqLow, cursor.bytes.slice(cursor.at, cursor.frameEnd));
    this.heldBytes += cursor.length;
    stripe.gapSinceMs = Math.min(stripe.gapSinceMs, nowMs);
    return 'held';
  }

  /** Frames of the flow under the cursor that are in order now that it has passed. */
  *follow(cursor: FrameCursor, nowMs: number): Generator<Uint8Array> {
    const stripe = this.#flows.get(`${cursor.src}:${cursor.flow}`);
    if (stripe !== undefined && stripe.held.size > 0) yield* this.#run(stripe, nowMs);
  }

  /** Frames behind gaps that have been waited for long enough, or that there is no more room for. */
  *expire(nowMs: number): Generator<Uint8Array> {
    if (this.heldBytes === 0) return;
    for (const stripe of this.#flows.values()) {
      while (stripe.held.size > 0) {
        const isOver = nowMs - stripe.gapSinceMs >= this.#waitMs || this.heldBytes > this.#bytesMax;
        if (!isOver) break;
        this.skipped += 1;
        stripe.expected = nearest(stripe);
        yield* this.#run(stripe, nowMs);
      }
    }
  }

  *#run(stripe: Stripe, nowMs: number): Generator<Uint8Array> {
    for (;;) {
      const frame = stripe.held.get(stripe.expected);
      if (frame === undefined) break;
      stripe.held.delete(stripe.expected);
      this.heldBytes -= frame.length;
      stripe.expected = (stripe.expected + 1) >>> 0;
      yield frame;
    }
    stripe.gapSinceMs = stripe.held.size === 0 ? Number.POSITIVE_INFINITY : nowMs;
  }

  #stripeOf(key: string): Stripe {
    const known = this.#flows.get(key);
    if (known !== undefined) return known;
    if (this.#flows.size >= FLOWS_MAX) this.#forget();
    const stripe: Stripe = { expected: 1, gapSinceMs: Number.POSITIVE_INFINITY, held: new Map() };
    this.#flows.set(key, stripe);
    return stripe;
  }

  #forget(): void {
    for (const [key, stripe] of this.#flows) {
      if (stripe.held.size > 0) continue;
      this.#flows.delete(key);
      return;
    }
  }
}

function nearest(stripe: Stripe): number {
  let least = 0x7fff_ffff;
  for (const seq of stripe.held.keys()) least = Math.min(least, (seq - stripe.expected) | 0);
  return (stripe.expected + least) >>> 0;
}
