/** Writes fields behind each other, highest byte first, into a buffer that grows. */
export class ByteWriter {
  #bytes = Buffer.allocUnsafe(1024);
  #at = 0;

  u8(value: number): void {
    this.#room(1);
    this.#bytes[this.#at] = value;
    this.#at += 1;
  }

  u16(value: number): void {
    this.#room(2);
    this.#at = this.#bytes.writeUInt16BE(value, this.#at);
  }

  u32(value: number): void {
    this.#room(4);
    this.#at = this.#bytes.writeUInt32BE(value, this.#at);
  }

  /** A whole number below 2^53. */
  u64(value: number): void {
    this.u32(Math.floor(value / 0x1_0000_0000));
    this.u32(value >>> 0);
  }

  text(value: string): void {
    const length = Buffer.byteLength(value);
    this.u8(length);
    this.#room(length);
    this.#at += this.#bytes.write(value, this.#at);
  }

  texts(values: readonly string[]): void {
    this.u16(values.length);
    for (const value of values) this.text(value);
  }

  bytes(value: Uint8Array): void {
    this.u32(value.length);
    this.#room(value.length);
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
  }

  /** What was written; the writer is not used any more. */
  end(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + bytes));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}
