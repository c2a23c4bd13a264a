import { readU32, writeU32 } from './bytes.ts';
import { FRAGMENT_HEADER_BYTES, FrameFlag, PAYLOAD_BYTES_MAX } from './format.ts';
import type { FrameCursor } from './frame-cursor.ts';
import { createFrame, type Frame } from './frame-writer.ts';

/** Bytes of the message in each fragment but the last. */
export const FRAGMENT_DATA_BYTES = PAYLOAD_BYTES_MAX - FRAGMENT_HEADER_BYTES;

/** Frames that a payload of `bytes` travels in. */
export function fragmentCount(bytes: number): number {
  return bytes <= PAYLOAD_BYTES_MAX ? 1 : Math.ceil(bytes / FRAGMENT_DATA_BYTES);
}

/**
 * The fragments of a frame whose payload is over `PAYLOAD_BYTES_MAX`: same header, consecutive sequence numbers. Their
 * payloads are copies. `messageId` tells apart messages of one flow that are under way at the same time.
 */
export function fragment(frame: Frame, messageId: number): Frame[] {
  const { payload } = frame;
  const fragments: Frame[] = [];
  let seq = frame.seqLow;
  let seqHigh = frame.seqHigh;
  for (let offset = 0; offset < payload.length; offset += FRAGMENT_DATA_BYTES) {
    const data = payload.subarray(offset, offset + FRAGMENT_DATA_BYTES);
    const part = new Uint8Array(FRAGMENT_HEADER_BYTES + data.length);
    writeU32(part, 0, messageId);
    writeU32(part, 4, payload.length);
    writeU32(part, 8, offset);
    part.set(data, FRAGMENT_HEADER_BYTES);
    fragments.push(
      createFrame({ ...frame, flags: frame.flags | FrameFlag.fragment, seqLow: seq, seqHigh, payload: part }),
    );
    seq = (seq + 1) >>> 0;
    if (seq === 0) seqHigh = (seqHigh + 1) >>> 0;
  }
  return fragments;
}

/** Bounds of a `Reassembler`. */
export interface ReassemblyLimits {
  /** A message that says it is longer is refused by its first fragment. */
  readonly messageBytesMax: number;
  /** Memory for all incomplete messages together. */
  readonly bytesMax: number;
  /** An incomplete message is given up after this long without a new fragment. */
  readonly timeoutMs: number;
}

/** Why a fragment was not taken. `full` leaves no trace of it: a sender that repeats it later is served. */
export type FragmentRefusal = 'bad_fragment' | 'message_too_large' | 'full';

interface Incomplete {
  readonly bytes: Uint8Array;
  readonly have: Uint8Array;
  missing: number;
  touchedMs: number;
}

/** Puts messages together from their fragments, which may come repeated and in any order. */
export class Reassembler {
  /** Set by `add` when it returns null because it refused; null after a fragment that was taken. */
  refusal: FragmentRefusal | null = null;
  /** Messages given up as incomplete. */
  expired = 0;
  #bytes = 0;
  readonly #limits: ReassemblyLimits;
  readonly #messages = new Map<string, Incomplete>();

  constructor(limits: ReassemblyLimits) {
    this.#limits = limits;
  }

  /** Memory held for incomplete messages; never over `bytesMax`. */
  get heldBytes(): number {
    return this.#bytes;
  }

  /** Takes the fragment under the cursor; returns the message if this completes it. */
  add(cursor: FrameCursor, nowMs: number): Uint8Array | null {
    this.refusal = null;
    const { bytes, payloadAt } = cursor;
    if (cursor.payloadBytes <= FRAGMENT_HEADER_BYTES) return this.#refuse('bad_fragment');
    const messageId = readU32(bytes, payloadAt);
    const total = readU32(bytes, payloadAt + 4);
    const offset = readU32(bytes, payloadAt + 8);
    const length = cursor.payloadBytes - FRAGMENT_HEADER_BYTES;
    if (total <= PAYLOAD_BYTES_MAX || offset % FRAGMENT_DATA_BYTES !== 0) return this.#refuse('bad_fragment');
    if (length !== Math.min(FRAGMENT_DATA_BYTES, total - offset)) return this.#refuse('bad_fragment');
    if (total > this.#limits.messageBytesMax) return this.#refuse('message_too_large');
    const key = `${cursor.src}:${cursor.flow}:${messageId}`;
    const message = this.#messages.get(key) ?? this.#begin(key, total, nowMs);
    if (message === null) return this.#refuse('full');
    if (message.bytes.length !== total) return this.#refuse('bad_fragment');
    message.touchedMs = nowMs;
    const index = offset / FRAGMENT_DATA_BYTES;
    if (message.have[index] === 1) return null;
    message.have[index] = 1;
    message.bytes.set(bytes.subarray(payloadAt + FRAGMENT_HEADER_BYTES, cursor.frameEnd), offset);
    message.missing -= 1;
    if (message.missing > 0) return null;
    this.#drop(key, message);
    return message.bytes;
  }

  /** Gives up messages that no fragment has come for in `timeoutMs`. */
  expire(nowMs: number): void {
    for (const [key, message] of this.#messages) {
      if (nowMs - message.touchedMs <= this.#limits.timeoutMs) continue;
      this.#drop(key, message);
      this.expired += 1;
    }
  }

  #begin(key: string, total: number, nowMs: number): Incomplete | null {
    if (this.#bytes + total > this.#limits.bytesMax) return null;
    const missing = fragmentCount(total);
    const message = { bytes: new Uint8Array(total), have: new Uint8Array(missing), missing, touchedMs: nowMs };
    this.#bytes += total;
    this.#messages.set(key, message);
    return message;
  }

  #drop(key: string, message: Incomplete): void {
    this.#messages.delete(key);
    this.#bytes -= message.bytes.length;
  }

  #refuse(reason: FragmentRefusal): null {
    this.refusal = reason;
    return null;
  }
}
