import type { PeerLink } from '../links/peer-link.ts';

/** A reliable frame that waits; the credit of the link that it came over is given back when it goes on. */
export interface ParkedFrame {
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly end: number;
  /** Null for frames that this node sends again itself. */
  readonly upstream: PeerLink | null;
  /** Bytes of credit that `upstream` gets back. */
  readonly credit: number;
  readonly sinceMs: number;
}

/** Frames that wait, oldest first. */
export class ParkedFrames {
  bytes = 0;
  /** When one left last, or the first came. */
  movedAtMs = 0;
  #frames: ParkedFrame[] = [];
  #first = 0;

  get length(): number {
    return this.#frames.length - this.#first;
  }

  get oldest(): ParkedFrame | undefined {
    return this.#frames[this.#first];
  }

  push(frame: ParkedFrame): void {
    if (this.length === 0) this.movedAtMs = frame.sinceMs;
    this.#frames.push(frame);
    this.bytes += frame.end - frame.at;
  }

  shift(nowMs: number): ParkedFrame | undefined {
    const frame = this.#frames[this.#first];
    if (frame === undefined) return undefined;
    this.#first += 1;
    this.bytes -= frame.end - frame.at;
    this.movedAtMs = nowMs;
    if (this.#first > 64 && this.#first * 2 > this.#frames.length) {
      this.#frames = this.#frames.slice(this.#first);
      this.#first = 0;
    }
    return frame;
  }

  /** Takes all out. */
  takeAll(): ParkedFrame[] {
    const frames = this.#frames.slice(this.#first);
    this.#frames = [];
    this.#first = 0;
    this.bytes = 0;
    return frames;
  }
}
