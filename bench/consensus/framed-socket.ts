import type { Socket } from 'node:net';

const LENGTH_BYTES = 4;
const PAYLOAD_BYTES = 256;
export const RECORD_BYTES = LENGTH_BYTES + PAYLOAD_BYTES;

/** Small pieces of one turn of the event loop as one frame. */
export class Batch {
  readonly #send: (frame: Uint8Array) => void;
  #bytes = Buffer.allocUnsafe(4096);
  #length = 0;

  constructor(send: (frame: Uint8Array) => void) {
    this.#send = send;
  }

  add(...pieces: readonly Uint8Array[]): void {
    if (this.#length === 0) setImmediate(() => this.#flush());
    for (const piece of pieces) {
      if (this.#length + piece.length > this.#bytes.length)
        this.#bytes = Buffer.concat([this.#bytes], this.#bytes.length * 2);
      this.#bytes.set(piece, this.#length);
      this.#length += piece.length;
    }
  }

  #flush(): void {
    const frame = Buffer.from(this.#bytes.subarray(0, this.#length));
    this.#length = 0;
    this.#send(frame);
  }
}

/** Frames with their length over a TCP connection; what is sent in one turn of the event loop leaves as one write. */
export class FramedSocket {
  readonly #socket: Socket;
  readonly #onFrame: (frame: Buffer) => void;
  #rest: Buffer = Buffer.alloc(0);
  #out: Uint8Array[] = [];
  #isScheduled = false;

  constructor(socket: Socket, onFrame: (frame: Buffer) => void) {
    this.#socket = socket;
    this.#onFrame = onFrame;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#received(chunk));
    socket.on('error', () => socket.destroy());
  }

  send(frame: Uint8Array): void {
    const length = Buffer.allocUnsafe(LENGTH_BYTES);
    length.writeUInt32LE(frame.length);
    this.#out.push(length, frame);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      const bytes = Buffer.concat(this.#out);
      this.#out = [];
      if (this.#socket.writable) this.#socket.write(bytes);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #received(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (bytes.length - at >= LENGTH_BYTES) {
      const end = at + LENGTH_BYTES + bytes.readUInt32LE(at);
      if (end > bytes.length) break;
      this.#onFrame(bytes.subarray(at + LENGTH_BYTES, end));
      at = end;
    }
    this.#rest = bytes.subarray(at);
  }
}
