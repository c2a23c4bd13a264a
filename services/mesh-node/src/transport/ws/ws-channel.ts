import type { Socket } from 'node:net';
import { BATCH_BYTES_MAX } from '@peermesh/link';
import type { Channel, ChannelEvents } from '../channel.ts';
import { reasonOfPeer } from '../session-hub.ts';
import type { PeerCredential } from '../socket/peer-credential.ts';
import { Opcode } from './frame-format.ts';
import { FrameReader, type FrameReaderEvents } from './frame-reader.ts';
import { FrameWriter, type Masking } from './frame-writer.ts';
import type { MessageBuffers } from './message-buffers.ts';

/** Of a close that carries our reason (RFC 6455 7.4.2: 4000 to 4999 are for private use). */
const CLOSE_CODE = 4_000;
const OVERSIZE_CODE = 1_009;
/** How long the other side has to answer a close before the socket is cut. */
const CLOSE_GRACE_MS = 1_000;
const EMPTY = new Uint8Array(0);

/** What is known of a socket when its upgrade is done. */
export interface WsChannelOptions {
  readonly lane: number;
  readonly isDialled: boolean;
  readonly binding: Uint8Array;
  readonly credential: PeerCredential | null;
  readonly masking: Masking;
  readonly buffers: MessageBuffers;
  /** What came behind the upgrade already. */
  readonly head: Uint8Array;
  readonly onSettled: () => void;
}

/** A channel over one WebSocket: a message is a binary frame. */
export class WsChannel implements Channel, FrameReaderEvents {
  readonly remoteAddress: string;
  readonly isDialled: boolean;
  readonly lane: number;
  readonly binding: Uint8Array;
  readonly credential: PeerCredential | null;
  readonly #socket: Socket;
  readonly #options: WsChannelOptions;
  readonly #reader: FrameReader;
  readonly #writer: FrameWriter;
  #events: ChannelEvents | null = null;
  #isClosing = false;
  #endReason = 'connection_lost';

  constructor(socket: Socket, options: WsChannelOptions) {
    const { isDialled, buffers, masking } = options;
    this.#socket = socket;
    this.#options = options;
    this.#reader = new FrameReader(!isDialled, BATCH_BYTES_MAX, buffers, this);
    this.#writer = new FrameWriter(socket, masking, buffers);
    this.remoteAddress = `${socket.remoteAddress}:${socket.remotePort}`;
    this.isDialled = isDialled;
    this.lane = options.lane;
    this.binding = options.binding;
    this.credential = options.credential;
  }

  /** Where messages go from here on. */
  bind(events: ChannelEvents): void {
    const socket = this.#socket;
    this.#events = events;
    socket.setTimeout(0);
    socket.on('error', ignore);
    socket.on('end', () => socket.end());
    socket.on('close', () => events.onEnd(this.#endReason));
    if (socket.destroyed) {
      queueMicrotask(() => events.onEnd(this.#endReason));
      return;
    }
    if (this.#options.head.length > 0) socket.unshift(this.#options.head);
    socket.on('data', (chunk: Buffer) => {
      this.#reader.push(chunk);
      free(chunk);
    });
    socket.resume();
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  get takenBytes(): number {
    return this.#socket.bytesWritten - this.#socket.writableLength;
  }

  send(message: Uint8Array): void {
    this.#write(Opcode.binary, message);
  }

  heartbeat(): void {
    this.#write(Opcode.ping, EMPTY);
  }

  settled(): void {
    this.#options.onSettled();
  }

  end(reason: string): void {
    if (this.#isClosing || isDeaf(reason)) return void this.#socket.destroy();
    const text = Buffer.from(reason).subarray(0, REASON_BYTES_MAX);
    this.#close(Buffer.concat([Buffer.from([CLOSE_CODE >>> 8, CLOSE_CODE & 0xff]), text]));
  }

  onMessage(bytes: Uint8Array): void {
    this.#events?.onMessage(bytes);
  }

  onPing(payload: Uint8Array): void {
    this.#write(Opcode.pong, payload);
  }

  onPong(): void {
    this.#events?.onAlive();
  }

  onClose(payload: Uint8Array): void {
    const code = payload.length < 2 ? 0 : payload[0]! * 0x100 + payload[1]!;
    if (code === CLOSE_CODE) this.#endReason = reasonOfPeer(Buffer.from(payload.subarray(2)).toString());
    else if (code === OVERSIZE_CODE) this.#endReason = reasonOfPeer('oversize');
    if (this.#isClosing) this.#socket.end();
    else this.#close(payload.slice(0, 2));
  }

  onFault(reason: 'bad_protocol' | 'oversize'): void {
    this.#events?.onFault(reason);
  }

  #write(opcode: number, message: Uint8Array): void {
    if (!this.#isClosing && this.#socket.writable) this.#writer.write(opcode, message);
  }

  /** Says or answers a close and ends this side; the other one has a while to do the same. */
  #close(payload: Uint8Array): void {
    const socket = this.#socket;
    this.#write(Opcode.close, payload);
    this.#isClosing = true;
    socket.end();
    const grace = setTimeout(() => socket.destroy(), CLOSE_GRACE_MS).unref();
    socket.once('close', () => clearTimeout(grace));
  }
}

const REASON_BYTES_MAX = 123;

/** Nothing can be told to a peer that does not read. */
function isDeaf(reason: string): boolean {
  return reason === 'slow_reader' || reason === 'unhealthy';
}

/**
 * Gives the memory of a chunk back at once: nothing refers to it any more. The collector would do that too, but sees such
 * memory only as a reason to mark the whole heap, every 64 MiB of traffic.
 */
function free({ buffer, byteLength }: Buffer): void {
  if (byteLength >= FREED_BYTES_MIN && buffer.byteLength === byteLength) (buffer as ArrayBuffer).transfer(0);
}

const FREED_BYTES_MIN = 1_024;

const ignore = (): void => undefined;
