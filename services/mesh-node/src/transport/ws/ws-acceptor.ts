import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { parseLane } from '../address.ts';
import type { AcceptorEvents } from '../kind.ts';
import type { RefusalReason } from '../port.ts';
import { channelBindingOf, credentialOf } from '../socket/peer-credential.ts';
import type { MessageBuffers } from './message-buffers.ts';
import { WsChannel } from './ws-channel.ts';
import { acceptOf, LANE_PATH, REFUSAL_HEADER, WS_VERSION } from './ws-protocol.ts';

const HEADER_BYTES_MAX = 8 * 1_024;

/** Makes channels of accepted sockets: reads the HTTP upgrade, checks who it is, and answers anything else with a status. */
export class WsAcceptor {
  readonly #events: AcceptorEvents;
  readonly #http: Server;
  readonly #buffers: MessageBuffers;

  constructor(events: AcceptorEvents, buffers: MessageBuffers) {
    this.#events = events;
    this.#buffers = buffers;
    this.#http = createServer({ maxHeaderSize: HEADER_BYTES_MAX }, (_request, response) => {
      events.onRefused('bad_protocol');
      response.writeHead(426, { connection: 'close' }).end();
    });
    this.#http.on('clientError', (_error, socket) => {
      events.onRefused('bad_protocol');
      socket.destroy();
    });
    this.#http.on('upgrade', (request, socket, head) => {
      socket.on('error', ignore);
      this.#onUpgrade(request, socket as Socket, head).catch(() => this.#refuse(socket as Socket, 400, 'bad_protocol'));
    });
  }

  accept(socket: Socket): void {
    this.#http.emit('connection', socket);
  }

  async #onUpgrade(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    const lane = parseLane(LANE_PATH.exec(request.url ?? '')?.[1]);
    if (lane === null) return this.#refuse(socket, 404, 'bad_protocol');
    const token = /^Bearer ([\w.-]+)$/.exec(request.headers.authorization ?? '')?.[1] ?? null;
    const credential = await credentialOf(socket, token, this.#events.settings());
    if (typeof credential === 'string') return this.#refuse(socket, 401, credential);
    if (socket.destroyed) return;
    const accept = acceptOf(request.headers['sec-websocket-key']);
    if (accept === null || !isUpgrade(request)) return this.#refuse(socket, 400, 'bad_protocol');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    this.#events.onChannel(
      new WsChannel(socket, {
        lane,
        isDialled: false,
        binding: channelBindingOf(socket),
        credential,
        masking: 'none',
        buffers: this.#buffers,
        head,
        onSettled: () => this.#events.onSettled(socket),
      }),
    );
  }

  #refuse(socket: Socket, status: number, reason: RefusalReason): void {
    this.#events.onRefused(reason);
    socket.end(
      `HTTP/1.1 ${status} Refused\r\n${REFUSAL_HEADER}: ${reason}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`,
    );
    socket.once('finish', () => socket.destroy());
  }
}

/** RFC 6455 4.2.1; extensions and protocols that are offered are not taken. */
function isUpgrade({ method, headers }: IncomingMessage): boolean {
  return (
    method === 'GET' &&
    headers.upgrade?.toLowerCase() === 'websocket' &&
    headers['sec-websocket-version'] === WS_VERSION
  );
}

const ignore = (): void => undefined;
