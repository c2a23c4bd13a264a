/** A growing buffer that is written front to back and reused for every message. */
export class Writer {
  #bytes: Buffer = Buffer.allocUnsafe(2_048);
  length = 0;

  reset(): void {
    this.length = 0;
  }

  /** A copy of what was written. */
  copy(): Buffer {
    const copy = Buffer.allocUnsafe(this.length);
    this.#bytes.copy(copy, 0, 0, this.length);
    return copy;
  }

  u8(value: number): void {
    this.#reserve(1);
    this.#bytes[this.length++] = value;
  }

  u16(value: number): void {
    this.#reserve(2);
    this.#bytes[this.length++] = value & 0xff;
    this.#bytes[this.length++] = (value >>> 8) & 0xff;
  }

  u32(value: number): void {
    this.u16(value & 0xffff);
    this.u16(value >>> 16);
  }

  /** LEB128 of an integer from 0 to 2^53 - 1. */
  varint(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest >= 128) {
      this.#bytes[this.length++] = (rest % 128) + 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.length++] = rest;
  }

  /** Length in one byte, then ASCII. The caller has checked both. */
  ascii(text: string): void {
    const { length } = text;
    this.#reserve(length + 1);
    const bytes = this.#bytes;
    let at = this.length;
    bytes[at++] = length;
    for (let index = 0; index < length; index += 1) bytes[at++] = text.charCodeAt(index);
    this.length = at;
  }

  /** Length in two bytes, then UTF-8. */
  utf8(text: string): void {
    const size = text === '' ? 0 : Buffer.byteLength(text);
    this.u16(size);
    if (size === 0) return;
    this.#reserve(size);
    this.length += this.#bytes.write(text, this.length, 'utf8');
  }

  bytes(source: Uint8Array): void {
    this.#reserve(source.length);
    this.#bytes.set(source, this.length);
    this.length += source.length;
  }

  #reserve(size: number): void {
    if (this.length + size <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.length + size));
    this.#bytes.copy(grown, 0, 0, this.length);
    this.#bytes = grown;
  }
}
