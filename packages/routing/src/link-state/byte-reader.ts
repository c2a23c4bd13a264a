/**
 * Reads little-endian integers from bytes of any origin. Reading past the end yields 0 and sets `failed`, so that a
 * decoder checks once at the end instead of at every field.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;
  #failed = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  get failed(): boolean {
    return this.#failed;
  }

  u8(): number {
    const offset = this.#advance(1);
    return offset < 0 ? 0 : this.#view.getUint8(offset);
  }

  u16(): number {
    const offset = this.#advance(2);
    return offset < 0 ? 0 : this.#view.getUint16(offset, true);
  }

  u32(): number {
    const offset = this.#advance(4);
    return offset < 0 ? 0 : this.#view.getUint32(offset, true);
  }

  /** A view, not a copy. */
  bytes(length: number): Uint8Array {
    const offset = this.#advance(length);
    return offset < 0 ? new Uint8Array(0) : this.#bytes.subarray(offset, offset + length);
  }

  #advance(size: number): number {
    if (this.#failed || size > this.remaining) {
      this.#failed = true;
      return -1;
    }
    const offset = this.#offset;
    this.#offset += size;
    return offset;
  }
}
