import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { Channel, ChannelEvents } from '../channel.ts';
import { reasonOfPeer } from '../session-hub.ts';
import type { PeerCredential } from '../socket/peer-credential.ts';

/** Of a close that carries our reason (RFC 6455 7.4.2: 4000 to 4999 are for private use). */
const CLOSE_CODE = 4_000;
const OVERSIZE_CODE = 1_009;
/** How long the other side has to answer a close before the socket is cut. */
const CLOSE_GRACE_MS = 1_000;
const SEND_OPTIONS = { binary: true, compress: false } as const;

/** What is known of a socket when its WebSocket stands. */
export interface WsChannelOptions {
  readonly lane: number;
  readonly isDialled: boolean;
  readonly binding: Uint8Array;
  readonly credential: PeerCredential | null;
  readonly onSettled: () => void;
}

/** A channel over one WebSocket: a message is a binary frame. What is sent in one turn goes into the kernel in one call. */
export class WsChannel implements Channel {
  readonly remoteAddress: string;
  readonly isDialled: boolean;
  readonly lane: number;
  readonly binding: Uint8Array;
  readonly credential: PeerCredential | null;
  readonly #ws: WebSocket;
  readonly #socket: Socket;
  readonly #onSettled: () => void;
  #isCorked = false;
  readonly #uncork = (): void => {
    this.#isCorked = false;
    this.#socket.uncork();
  };

  constructor(ws: WebSocket, socket: Socket, options: WsChannelOptions) {
    this.#ws = ws;
    this.#socket = socket;
    this.#onSettled = options.onSettled;
    this.remoteAddress = `${socket.remoteAddress}:${socket.remotePort}`;
    this.isDialled = options.isDialled;
    this.lane = options.lane;
    this.binding = options.binding;
    this.credential = options.credential;
  }

  /** Where messages go from here on; the socket may have been paused until now. */
  bind(events: ChannelEvents): void {
    const ws = this.#ws;
    ws.on('message', (data, isBinary) => {
      if (isBinary) events.onMessage(data as Buffer);
      else events.onFault('bad_protocol');
    });
    ws.on('pong', () => events.onAlive());
    ws.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') events.onFault('oversize');
      else if (error.code?.startsWith('WS_ERR_') === true) events.onFault('bad_protocol');
    });
    ws.on('close', (code, reason) => events.onEnd(endReason(code, reason)));
    ws.resume();
  }

  get bufferedBytes(): number {
    return this.#ws.bufferedAmount;
  }

  get takenBytes(): number {
    return this.#socket.bytesWritten - this.#socket.writableLength;
  }

  send(message: Uint8Array): void {
    if (!this.#isCorked) {
      this.#isCorked = true;
      this.#socket.cork();
      process.nextTick(this.#uncork);
    }
    this.#ws.send(message, SEND_OPTIONS);
  }

  heartbeat(): void {
    this.#ws.ping();
  }

  settled(): void {
    this.#onSettled();
  }

  end(reason: string): void {
    const ws = this.#ws;
    if (ws.readyState !== ws.OPEN || isDeaf(reason)) return ws.terminate();
    ws.close(CLOSE_CODE, reason);
    setTimeout(() => ws.terminate(), CLOSE_GRACE_MS).unref();
  }
}

/** Nothing can be told to a peer that does not read. */
function isDeaf(reason: string): boolean {
  return reason === 'slow_reader' || reason === 'unhealthy';
}

function endReason(code: number, reason: Buffer): string {
  if (code === CLOSE_CODE) return reasonOfPeer(reason.toString());
  return code === OVERSIZE_CODE ? reasonOfPeer('oversize') : 'connection_lost';
}
