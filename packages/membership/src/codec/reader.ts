import { isUtf8 } from 'node:buffer';
import type { RefusalReason } from './refusal.ts';

const EMPTY = Buffer.alloc(0);

/**
 * A cursor over received bytes. Reads never throw and never pass the end: the first flaw is kept in `flaw`, and from
 * then on every read gives zero or an empty value.
 */
export class Reader {
  #bytes: Buffer = EMPTY;
  #at = 0;
  flaw: RefusalReason | undefined;

  open(bytes: Uint8Array): void {
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#at = 0;
    this.flaw = undefined;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  refuse(reason: RefusalReason): void {
    this.flaw ??= reason;
    this.#at = this.#bytes.length;
  }

  u8(): number {
    if (this.#at >= this.#bytes.length) {
      this.refuse('truncated');
      return 0;
    }
    return this.#bytes[this.#at++] ?? 0;
  }

  u16(): number {
    return this.u8() | (this.u8() << 8);
  }

  u32(): number {
    return (this.u16() | (this.u16() << 16)) >>> 0;
  }

  /** LEB128, shortest form only, at most `max`. */
  varint(max: number): number {
    let value = 0;
    let scale = 1;
    for (let index = 0; index < 8; index += 1) {
      const byte = this.u8();
      value += (byte & 127) * scale;
      if (byte < 128) {
        if (value > max || (byte === 0 && index > 0)) break;
        return value;
      }
      scale *= 128;
    }
    this.refuse('bad_number');
    return 0;
  }

  /** Visible ASCII of at most `lengthMax` characters; empty only where `mayBeEmpty`. */
  ascii(lengthMax: number, mayBeEmpty: boolean): string {
    const length = this.u8();
    const start = this.#at;
    if (!this.#take(length)) return '';
    if (length > lengthMax || (length === 0 && !mayBeEmpty)) {
      this.refuse('bad_text');
      return '';
    }
    const bytes = this.#bytes;
    for (let at = start; at < this.#at; at += 1) {
      const code = bytes[at] ?? 0;
      if (code < 0x21 || code > 0x7e) {
        this.refuse('bad_text');
        return '';
      }
    }
    return length === 0 ? '' : bytes.toString('latin1', start, this.#at);
  }

  utf8(bytesMax: number): string {
    const size = this.u16();
    if (size > bytesMax) {
      this.refuse('oversize');
      return '';
    }
    const start = this.#at;
    if (!this.#take(size) || size === 0) return '';
    if (isUtf8(this.#bytes.subarray(start, this.#at))) return this.#bytes.toString('utf8', start, this.#at);
    this.refuse('bad_text');
    return '';
  }

  /** A view, not a copy, of the next bytes. */
  bytes(sizeMax: number): Uint8Array {
    const size = this.u16();
    if (size > sizeMax) {
      this.refuse('oversize');
      return EMPTY;
    }
    const start = this.#at;
    return this.#take(size) ? this.#bytes.subarray(start, this.#at) : EMPTY;
  }

  #take(size: number): boolean {
    if (size > this.remaining) {
      this.refuse('truncated');
      return false;
    }
    this.#at += size;
    return true;
  }
}
