import { randomFillSync } from 'node:crypto';
import type { Socket } from 'node:net';
import { applyMask, headerBytes, MASK_BYTES, Opcode, writeHeader } from './frame-format.ts';
import type { MessageBuffers } from './message-buffers.ts';

/** Random masks (RFC 6455 5.3), zero ones, or none, as only a server may. */
export type Masking = 'random' | 'zero' | 'none';

/** A short message is copied behind its header: one buffer costs the kernel less than two. */
const COPIED_BYTES_MAX = 1_024;
/** Where the payload of a masked message begins, so that it is masked by words. */
const PAYLOAD_AT = 16;
const RANDOM_BYTES = 4_096;
const ZERO_MASK = new Uint8Array(MASK_BYTES);

/** Writes whole messages, each as one frame. What is written in one turn of the event loop goes into the kernel in one call. */
export class FrameWriter {
  readonly #socket: Socket;
  readonly #masking: Masking;
  readonly #buffers: MessageBuffers;
  readonly #mask = new Uint8Array(MASK_BYTES);
  #random = new Uint8Array(0);
  #randomAt = 0;
  #isCorked = false;
  readonly #uncork = (): void => {
    this.#isCorked = false;
    this.#socket.uncork();
  };

  constructor(socket: Socket, masking: Masking, buffers: MessageBuffers) {
    this.#socket = socket;
    this.#masking = masking;
    this.#buffers = buffers;
  }

  /** The bytes of a binary message must stay as they are until the kernel has them. */
  write(opcode: number, message: Uint8Array): void {
    if (!this.#isCorked) {
      this.#isCorked = true;
      this.#socket.cork();
      process.nextTick(this.#uncork);
    }
    const mask = this.#nextMask();
    const isMasked = this.#masking === 'random';
    const head = headerBytes(message.length, mask !== null);
    if (opcode === Opcode.binary && message.length > COPIED_BYTES_MAX) {
      if (isMasked) return this.#writeMasked(message, mask!, head);
      const header = Buffer.allocUnsafe(head);
      writeHeader(header, 0, opcode, message.length, mask);
      this.#socket.write(header);
      this.#socket.write(message);
      return;
    }
    const frame = Buffer.allocUnsafe(PAYLOAD_AT + message.length);
    writeHeader(frame, PAYLOAD_AT - head, opcode, message.length, mask);
    frame.set(message, PAYLOAD_AT);
    if (isMasked) applyMask(frame.subarray(PAYLOAD_AT), mask!);
    this.#socket.write(frame.subarray(PAYLOAD_AT - head));
  }

  #writeMasked(message: Uint8Array, mask: Uint8Array, head: number): void {
    const payload = this.#buffers.take(message.length);
    const header = Buffer.allocUnsafe(head);
    writeHeader(header, 0, Opcode.binary, message.length, mask);
    payload.set(message);
    applyMask(payload, mask);
    this.#socket.write(header);
    this.#socket.write(payload, () => this.#buffers.give(payload));
  }

  #nextMask(): Uint8Array | null {
    if (this.#masking === 'none') return null;
    if (this.#masking === 'zero') return ZERO_MASK;
    if (this.#randomAt === this.#random.length) {
      this.#random = randomFillSync(new Uint8Array(RANDOM_BYTES));
      this.#randomAt = 0;
    }
    for (let i = 0; i < MASK_BYTES; i += 1) this.#mask[i] = this.#random[this.#randomAt + i]!;
    this.#randomAt += MASK_BYTES;
    return this.#mask;
  }
}
