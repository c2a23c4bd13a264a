import {
  applyMask,
  CONTROL_BYTES_MAX,
  FIN,
  HEADER_BYTES_MAX,
  headerBytes,
  LENGTH_16,
  LENGTH_64,
  MASK_BYTES,
  MASKED,
  Opcode,
  RESERVED_BITS,
} from './frame-format.ts';
import type { MessageBuffers } from './message-buffers.ts';

/** What a reader finds in the bytes of a WebSocket. */
export interface FrameReaderEvents {
  /** A whole binary message; the callee owns it. */
  onMessage(bytes: Uint8Array): void;
  onPing(payload: Uint8Array): void;
  onPong(): void;
  onClose(payload: Uint8Array): void;
  /** The other side does not keep to RFC 6455, sends text, or more than a message may have. Nothing is read afterwards. */
  onFault(reason: 'bad_protocol' | 'oversize'): void;
}

/**
 * Reads the frames of RFC 6455 from a stream of chunks. Payload is copied once, into a buffer for the whole message, so that
 * nothing refers to a chunk when `push` returns.
 */
export class FrameReader {
  readonly #isMasked: boolean;
  readonly #messageBytesMax: number;
  readonly #buffers: MessageBuffers;
  readonly #events: FrameReaderEvents;
  readonly #header = new Uint8Array(HEADER_BYTES_MAX);
  readonly #mask = new Uint8Array(MASK_BYTES);
  #headerBytes = 0;
  #opcode = 0;
  #isLast = false;
  /** Payload of the current frame, and how much of it has come; null between frames. */
  #payload: Uint8Array | null = null;
  #filled = 0;
  /** Earlier frames of a message in several. */
  #parts: Uint8Array[] | null = null;
  #partBytes = 0;
  #isOver = false;

  /** @param isMasked whether the other side is a client: those mask and nobody else does. */
  constructor(isMasked: boolean, messageBytesMax: number, buffers: MessageBuffers, events: FrameReaderEvents) {
    this.#isMasked = isMasked;
    this.#messageBytesMax = messageBytesMax;
    this.#buffers = buffers;
    this.#events = events;
  }

  push(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length && !this.#isOver; )
      at = this.#payload === null ? this.#readHeader(chunk, at) : this.#readPayload(this.#payload, chunk, at);
  }

  #readHeader(chunk: Uint8Array, from: number): number {
    const header = this.#header;
    let at = from;
    while (at < chunk.length) {
      header[this.#headerBytes] = chunk[at]!;
      this.#headerBytes += 1;
      at += 1;
      if (this.#headerBytes < 2 || this.#headerBytes < headerLength(header)) continue;
      this.#headerBytes = 0;
      this.#begin();
      break;
    }
    return at;
  }

  #begin(): void {
    const header = this.#header;
    const first = header[0]!;
    this.#opcode = first & 0x0f;
    this.#isLast = (first & FIN) !== 0;
    const length = payloadLength(header);
    if ((first & RESERVED_BITS) !== 0 || ((header[1]! & MASKED) !== 0) !== this.#isMasked)
      return this.#fault('bad_protocol');
    if (!this.#isInPlace(length)) return this.#fault('bad_protocol');
    if (this.#partBytes + length > this.#messageBytesMax) return this.#fault('oversize');
    const end = headerLength(header);
    for (let i = 0; i < MASK_BYTES; i += 1) this.#mask[i] = this.#isMasked ? header[end - MASK_BYTES + i]! : 0;
    this.#payload = this.#buffers.take(length);
    this.#filled = 0;
    if (length === 0) this.#onFrame(this.#payload);
  }

  /** Whether a frame of this kind may come now. */
  #isInPlace(length: number): boolean {
    const opcode = this.#opcode;
    if (opcode >= Opcode.close) return opcode <= Opcode.pong && this.#isLast && length <= CONTROL_BYTES_MAX;
    return opcode === (this.#parts === null ? Opcode.binary : Opcode.continuation);
  }

  #readPayload(payload: Uint8Array, chunk: Uint8Array, at: number): number {
    const count = Math.min(payload.length - this.#filled, chunk.length - at);
    payload.set(at === 0 && count === chunk.length ? chunk : chunk.subarray(at, at + count), this.#filled);
    this.#filled += count;
    if (this.#filled === payload.length) this.#onFrame(payload);
    return at + count;
  }

  #onFrame(payload: Uint8Array): void {
    this.#payload = null;
    if (this.#mask.some((byte) => byte !== 0)) applyMask(payload, this.#mask);
    if (this.#opcode === Opcode.ping) this.#events.onPing(payload);
    else if (this.#opcode === Opcode.pong) this.#events.onPong();
    else if (this.#opcode === Opcode.close) {
      this.#isOver = true;
      this.#events.onClose(payload);
    } else this.#onData(payload);
  }

  #onData(payload: Uint8Array): void {
    if (this.#isLast && this.#parts === null) return this.#events.onMessage(payload);
    this.#parts = [...(this.#parts ?? []), payload];
    this.#partBytes += payload.length;
    if (this.#parts.length > PARTS_MAX) return this.#fault('bad_protocol');
    if (!this.#isLast) return;
    const message = Buffer.concat(this.#parts);
    this.#parts = null;
    this.#partBytes = 0;
    this.#events.onMessage(message);
  }

  #fault(reason: 'bad_protocol' | 'oversize'): void {
    this.#isOver = true;
    this.#events.onFault(reason);
  }
}

/** We send a message in one frame; a proxy may split it, though not into crumbs. */
const PARTS_MAX = 64;

function headerLength(header: Uint8Array): number {
  const second = header[1]!;
  const length = second & 0x7f;
  const isMasked = (second & MASKED) !== 0;
  if (length === LENGTH_64) return headerBytes(0x1_0000, isMasked);
  return headerBytes(length === LENGTH_16 ? LENGTH_16 : 0, isMasked);
}

function payloadLength(header: Uint8Array): number {
  const length = header[1]! & 0x7f;
  if (length < LENGTH_16) return length;
  let value = 0;
  for (let i = 2; i < (length === LENGTH_16 ? 4 : 10); i += 1) value = value * 0x100 + header[i]!;
  return value;
}
