import { isUtf8 } from 'node:buffer';

/** Why bytes were refused; a closed set, each a counter. */
export type DecodeFault =
  | 'truncated'
  | 'oversize'
  | 'bad-number'
  | 'bad-text'
  | 'bad-choice'
  | 'not-sorted'
  | 'trailing';

/** A cursor over bytes of any origin. It never throws: the first fault is kept, and every later read yields nothing. */
export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;
  fault: DecodeFault | null = null;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  refuse(fault: DecodeFault): void {
    this.fault ??= fault;
    this.#at = this.#bytes.length;
  }

  /** Says that nothing may follow. */
  end(): void {
    if (this.remaining > 0) this.refuse('trailing');
  }

  u8(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) {
      this.refuse('truncated');
      return 0;
    }
    this.#at += 1;
    return byte;
  }

  /** LEB128 in its shortest form, at most `max`. */
  number(max: number): number {
    let value = 0;
    let scale = 1;
    for (let index = 0; index < 8; index += 1) {
      const byte = this.u8();
      if (this.fault !== null) return 0;
      value += (byte & 127) * scale;
      if (byte < 128) {
        if (value > max || (byte === 0 && index > 0)) break;
        return value;
      }
      scale *= 128;
    }
    this.refuse('bad-number');
    return 0;
  }

  text(bytesMax: number): string {
    const bytes = this.#take(bytesMax);
    if (isUtf8(bytes)) return bytes.toString('utf8');
    this.refuse('bad-text');
    return '';
  }

  /** A copy, because what is decoded outlives the message. */
  bytes(bytesMax: number): Uint8Array {
    return new Uint8Array(this.#take(bytesMax));
  }

  /** A copy of the next `length` bytes, which carry no length of their own. */
  raw(length: number): Uint8Array {
    if (length > this.remaining) this.refuse('truncated');
    const start = this.#at;
    this.#at = Math.min(this.#bytes.length, start + length);
    return new Uint8Array(this.#bytes.subarray(start, this.#at));
  }

  #take(bytesMax: number): Buffer {
    const size = this.number(bytesMax);
    if (size > this.remaining) this.refuse('truncated');
    if (this.fault !== null) return this.#bytes.subarray(0, 0);
    this.#at += size;
    return this.#bytes.subarray(this.#at - size, this.#at);
  }
}
