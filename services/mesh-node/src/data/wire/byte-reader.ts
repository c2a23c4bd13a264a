import { isTopicName } from '../topic-name.ts';
import type { DataRefusal } from './message.ts';

const NOTHING = Buffer.alloc(0);

/** Reads fields behind each other. Once something is wrong, `refusal` says what, and everything read is 0 or empty. */
export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;
  refusal: DataRefusal | null = null;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  refuse(refusal: DataRefusal): void {
    this.refusal ??= refusal;
  }

  u8(): number {
    return this.#has(1) ? (this.#bytes[this.#at++] as number) : 0;
  }

  u16(): number {
    if (!this.#has(2)) return 0;
    this.#at += 2;
    return this.#bytes.readUInt16BE(this.#at - 2);
  }

  u32(): number {
    if (!this.#has(4)) return 0;
    this.#at += 4;
    return this.#bytes.readUInt32BE(this.#at - 4);
  }

  /** A whole number below 2^53. */
  u64(): number {
    const high = this.u32();
    const low = this.u32();
    if (high < 0x20_0000) return high * 0x1_0000_0000 + low;
    this.refuse('bad-field');
    return 0;
  }

  /** A view on the bytes that are read. */
  bytes(max: number): Buffer {
    const length = this.u32();
    if (length > max) this.refuse('bad-field');
    if (!this.#has(length)) return NOTHING;
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  topic(): string {
    const length = this.u8();
    if (!this.#has(length)) return '';
    this.#at += length;
    const name = this.#bytes.toString('utf8', this.#at - length, this.#at);
    if (isTopicName(name)) return name;
    this.refuse('bad-field');
    return '';
  }

  topics(max: number): string[] {
    const count = this.u16();
    if (count > max) this.refuse('bad-field');
    const names: string[] = [];
    for (let at = 0; at < count && this.refusal === null; at += 1) names.push(this.topic());
    return names;
  }

  #has(bytes: number): boolean {
    if (this.refusal === null && bytes > this.left) this.refuse('truncated');
    return this.refusal === null;
  }
}
