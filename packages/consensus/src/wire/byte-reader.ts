const NOTHING = new Uint8Array(0);

/**
 * Reads what {@link ByteWriter} wrote, from bytes of any origin. Whatever is not there or no whole number below 2^53 reads as 0
 * and sets `flaw`, so that a decoder looks once at the end instead of at every field.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  flaw: 'truncated' | 'malformed' | null = null;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  u8(): number {
    if (this.remaining < 1) return this.#fail('truncated');
    return this.#bytes[this.#at++] as number;
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 8; count += 1) {
      if (this.remaining < 1) return this.#fail('truncated');
      const byte = this.#bytes[this.#at++] as number;
      value += (byte & 127) * scale;
      if (byte < 128) return value <= Number.MAX_SAFE_INTEGER ? value : this.#fail('malformed');
      scale *= 128;
    }
    return this.#fail('malformed');
  }

  /** One of the numbers from 0 to `max`. */
  upTo(max: number): number {
    const value = this.varint();
    return value <= max ? value : this.#fail('malformed');
  }

  /** A view, not a copy. */
  bytes(length: number): Uint8Array {
    if (length > this.remaining) {
      this.#fail('truncated');
      return NOTHING;
    }
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** What was read makes no sense. */
  reject(): void {
    this.#fail('malformed');
  }

  #fail(flaw: 'truncated' | 'malformed'): 0 {
    this.flaw ??= flaw;
    this.#at = this.#bytes.length;
    return 0;
  }
}
