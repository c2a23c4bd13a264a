import { readU16, readU32 } from './bytes.ts';
import {
  CLASSES,
  FRAME_BYTES_MAX,
  FRAME_FLAGS_KNOWN,
  FRAME_HEADER_BYTES,
  FrameFlag,
  PAYLOAD_BYTES_MAX,
  type Refusal,
  SEGMENTS_HEADER_BYTES,
  SEGMENTS_MAX,
  TRACE_BYTES,
} from './format.ts';

/**
 * Walks the frames of a buffer without an object per frame: `reset`, then `next()` until it is false; the members tell of
 * the frame it stands on. A malformed frame ends the walk with `refusal` set; nothing is read past `end`.
 */
export class FrameCursor {
  bytes: Uint8Array = EMPTY;
  /** Where the current frame starts and ends in `bytes`. */
  at = 0;
  frameEnd = 0;
  payloadAt = 0;
  /** 0 when the frame has no source route. */
  segmentsAt = 0;
  /** 0 when the frame has no trace context. */
  traceAt = 0;
  refusal: Refusal | null = null;
  #end = 0;

  reset(bytes: Uint8Array, from: number, end: number): void {
    this.bytes = bytes;
    this.at = from;
    this.frameEnd = from;
    this.#end = end;
    this.refusal = null;
  }

  /** Moves to the next frame and checks it; false at the end or at a malformed frame. */
  next(): boolean {
    const at = this.frameEnd;
    const left = this.#end - at;
    if (left <= 0 || this.refusal !== null) return false;
    if (left < FRAME_HEADER_BYTES) return this.#refuse('truncated');
    const { bytes } = this;
    const length = readU32(bytes, at);
    if (length < FRAME_HEADER_BYTES) return this.#refuse('bad_length');
    if (length > FRAME_BYTES_MAX) return this.#refuse('oversize');
    if (length > left) return this.#refuse('truncated');
    if (bytes[at + 4] === 0) return this.#refuse('bad_type');
    const flags = bytes[at + 5]!;
    if ((flags & ~FRAME_FLAGS_KNOWN) !== 0) return this.#refuse('bad_flags');
    if (bytes[at + 6] === 0) return this.#refuse('bad_ttl');
    if (bytes[at + 7]! >= CLASSES) return this.#refuse('bad_class');
    const end = at + length;
    let payloadAt = at + FRAME_HEADER_BYTES;
    this.segmentsAt = 0;
    this.traceAt = 0;
    if ((flags & (FrameFlag.segments | FrameFlag.trace)) !== 0) {
      payloadAt = this.#options(flags, payloadAt, end);
      if (payloadAt < 0) return false;
    }
    if (end - payloadAt > PAYLOAD_BYTES_MAX) return this.#refuse('oversize');
    this.at = at;
    this.payloadAt = payloadAt;
    this.frameEnd = end;
    return true;
  }

  get length(): number {
    return this.frameEnd - this.at;
  }

  get type(): number {
    return this.bytes[this.at + 4]!;
  }

  get flags(): number {
    return this.bytes[this.at + 5]!;
  }

  get ttl(): number {
    return this.bytes[this.at + 6]!;
  }

  /** 0 control, 1 priority, 2 bulk. */
  get trafficClass(): number {
    return this.bytes[this.at + 7]!;
  }

  get dst(): number {
    return readU32(this.bytes, this.at + 8);
  }

  get src(): number {
    return readU32(this.bytes, this.at + 12);
  }

  get flow(): number {
    return readU32(this.bytes, this.at + 16);
  }

  /** Low 24 bits of the word that path and key epoch share. */
  get path(): number {
    return readU32(this.bytes, this.at + 20) & 0xff_ffff;
  }

  get keyEpoch(): number {
    return this.bytes[this.at + 23]!;
  }

  get seqLow(): number {
    return readU32(this.bytes, this.at + 24);
  }

  get seqHigh(): number {
    return readU32(this.bytes, this.at + 28);
  }

  get payloadBytes(): number {
    return this.frameEnd - this.payloadAt;
  }

  get segmentCount(): number {
    return this.segmentsAt === 0 ? 0 : this.bytes[this.segmentsAt]!;
  }

  /** The node that a source-routed frame goes to next; `dst` when its route is used up or there is none. */
  get nextSegment(): number {
    const { bytes, segmentsAt } = this;
    if (segmentsAt === 0 || bytes[segmentsAt + 1]! >= bytes[segmentsAt]!) return this.dst;
    return readU32(bytes, segmentsAt + SEGMENTS_HEADER_BYTES + 4 * bytes[segmentsAt + 1]!);
  }

  segment(index: number): number {
    return readU32(this.bytes, this.segmentsAt + SEGMENTS_HEADER_BYTES + 4 * index);
  }

  /** A view of the payload, valid as long as the buffer is. */
  payload(): Uint8Array {
    return this.bytes.subarray(this.payloadAt, this.frameEnd);
  }

  #options(flags: number, from: number, end: number): number {
    let at = from;
    if ((flags & FrameFlag.segments) !== 0) {
      if (end - at < SEGMENTS_HEADER_BYTES) return this.#malformed('truncated');
      const count = this.bytes[at]!;
      if (count === 0 || count > SEGMENTS_MAX || this.bytes[at + 1]! > count) return this.#malformed('bad_segments');
      if (readU16(this.bytes, at + 2) !== 0) return this.#malformed('bad_segments');
      this.segmentsAt = at;
      at += SEGMENTS_HEADER_BYTES + 4 * count;
    }
    if ((flags & FrameFlag.trace) !== 0) {
      this.traceAt = at;
      at += TRACE_BYTES;
    }
    return at > end ? this.#malformed('truncated') : at;
  }

  #malformed(reason: Refusal): number {
    this.refusal = reason;
    return -1;
  }

  #refuse(reason: Refusal): false {
    this.refusal = reason;
    return false;
  }
}

const EMPTY = new Uint8Array(0);
