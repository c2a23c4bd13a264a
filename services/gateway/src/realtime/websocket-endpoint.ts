import type { IncomingMessage } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { newEventId } from '@peermesh/contracts';
import { RealtimeClientMessage } from '@peermesh/contracts/gateway';
import { commonErrors, type PeerMeshError, PROBLEM_CONTENT_TYPE } from '@peermesh/errors';
import { asPeerMeshError } from '@peermesh/service-kit';
import type { Logger } from '@peermesh/telemetry';
import { Compile } from 'typebox/compile';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { type ClientAddresses, limitKeyOf } from '../proxy/client-address.ts';
import { requestIdOf } from '../proxy/edge.ts';
import type { GrantedConnection, RealtimeAdmission } from './admission.ts';
import { RealtimeConnection, type RealtimeTransport } from './connection.ts';
import type { RealtimeHub } from './hub.ts';
import { parsePosition } from './position.ts';

const MESSAGE_BYTES_MAX = 4096;
const MESSAGES_PER_SECOND = 10;
const TOPICS_MAX = 16;
const CLOSE_TIMEOUT_MS = 2000;
const TEXT = { binary: false, compress: false } as const;
const clientMessage = Compile(RealtimeClientMessage);

/** Serves WebSocket upgrades on one path. */
export interface WebSocketEndpoint {
  /** Takes over the socket: opens a connection, or answers with a problem. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** Makes the endpoint; its connections belong to the hub. */
export function createWebSocketEndpoint(options: {
  readonly hub: RealtimeHub;
  readonly admission: RealtimeAdmission;
  readonly addresses: ClientAddresses;
  readonly path: string;
  readonly logger: Logger;
}): WebSocketEndpoint {
  const { hub, admission, addresses } = options;
  const serverOptions = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MESSAGE_BYTES_MAX,
    closeTimeout: CLOSE_TIMEOUT_MS,
  };
  const server = new WebSocketServer(serverOptions);
  return { upgrade: (request, socket, head) => void open(request, socket, head) };

  async function open(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const destroy = (): void => void socket.destroy();
    socket.on('error', destroy);
    try {
      if (request.url?.split('?', 1)[0] !== options.path) throw commonErrors.routeNotFound();
      const granted = await admission.admit(request);
      const address = limitKeyOf(addresses.of(request));
      hub.assertRoom(granted.principal, address);
      socket.removeListener('error', destroy);
      server.handleUpgrade(request, socket, head, (websocket) => attach(websocket, granted, address));
    } catch (error) {
      const problem = asPeerMeshError(error);
      if (problem.status === 500) options.logger.error({ err: error }, 'upgrade failed');
      refuseUpgrade(socket, problem, request);
    }
  }

  function attach(websocket: WebSocket, granted: GrantedConnection, address: string): void {
    const transport = new WebSocketTransport(websocket);
    const { principal } = granted;
    const connection = new RealtimeConnection({
      id: newEventId(),
      principal,
      address,
      transport,
      position: hub.position,
    });
    const allowance = { left: MESSAGES_PER_SECOND, sinceMs: performance.now() };
    websocket.on('message', (data, isBinary) => {
      if (!spend(allowance)) return websocket.close(1008, 'too many messages');
      receive(hub, connection, transport, data, isBinary);
    });
    websocket.on('close', () => hub.remove(connection));
    websocket.on('error', (error) => options.logger.debug({ err: error }, 'realtime socket failed'));
    hub.add(connection);
    transport.sendJson({
      type: 'welcome',
      connectionId: connection.id,
      heartbeatMs: hub.limits.heartbeatMs,
      id: connection.token,
      limits: { messageBytesMax: MESSAGE_BYTES_MAX, messagesPerSecond: MESSAGES_PER_SECOND, topicsMax: TOPICS_MAX },
    });
    if (granted.topics.length > 0) {
      transport.sendJson({ type: 'subscribed', topics: granted.topics });
      hub.subscribe(connection, granted.topics, granted.after);
    }
  }
}

function receive(
  hub: RealtimeHub,
  connection: RealtimeConnection,
  transport: WebSocketTransport,
  data: RawData,
  isBinary: boolean,
): void {
  const fail = (detail: string): void =>
    transport.sendJson({ type: 'error', code: commonErrors.validationFailed.code, detail });
  if (isBinary) return fail('Send text messages.');
  let message: unknown;
  try {
    message = JSON.parse(String(data));
  } catch {
    return fail('The message is not JSON.');
  }
  if (!clientMessage.Check(message)) return fail('The message is none that clients may send.');
  switch (message.type) {
    case 'ping':
      return transport.sendJson({ type: 'pong' });
    case 'unsubscribe':
      hub.unsubscribe(connection, message.topics);
      return transport.sendJson({ type: 'subscribed', topics: [...connection.topics] });
    case 'subscribe': {
      const after = message.after === undefined ? null : parsePosition(message.after);
      if (after === null && message.after !== undefined) return fail('`after` is not a resume token.');
      transport.sendJson({ type: 'subscribed', topics: [...new Set([...connection.topics, ...message.topics])] });
      hub.subscribe(connection, message.topics, after);
    }
  }
}

class WebSocketTransport implements RealtimeTransport {
  readonly kind = 'websocket';
  isResponsive = true;
  readonly #websocket: WebSocket;

  constructor(websocket: WebSocket) {
    this.#websocket = websocket;
    websocket.on('pong', () => {
      this.isResponsive = true;
    });
  }

  get bufferedBytes(): number {
    return this.#websocket.bufferedAmount;
  }

  send(entry: { readonly message: Buffer }): void {
    this.#websocket.send(entry.message, TEXT);
  }

  sendJson(message: object): void {
    this.#websocket.send(JSON.stringify(message), TEXT);
  }

  sendResync(id: string, reason: string): void {
    this.sendJson({ type: 'resync', id, reason });
  }

  sendHeartbeat(id: string): void {
    this.isResponsive = false;
    this.#websocket.ping();
    this.sendJson({ type: 'heartbeat', id });
  }

  sendGoodbye(reason: string, reconnectAfterMs: number): void {
    this.sendJson({ type: 'goodbye', reason, reconnectAfterMs });
  }

  close(code: number, reason: string): void {
    this.#websocket.close(code, reason);
  }

  terminate(): void {
    this.#websocket.terminate();
  }
}

function spend(allowance: { left: number; sinceMs: number }): boolean {
  const nowMs = performance.now();
  const earned = ((nowMs - allowance.sinceMs) / 1000) * MESSAGES_PER_SECOND;
  allowance.left = Math.min(MESSAGES_PER_SECOND * 2, allowance.left + earned);
  allowance.sinceMs = nowMs;
  if (allowance.left < 1) return false;
  allowance.left--;
  return true;
}

/** Answers an upgrade with a problem, on the bare socket. */
export function refuseUpgrade(socket: Duplex, error: PeerMeshError, request: IncomingMessage): void {
  if (!socket.writable) return;
  const instance = (request.url ?? '/').split('?', 1)[0] ?? '/';
  const requestId = requestIdOf(request);
  const body = JSON.stringify(error.toProblem({ instance, requestId }));
  const retryAfter = error.occurrence.retryAfterSeconds;
  const lines = [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}`,
    'connection: close',
    `content-type: ${PROBLEM_CONTENT_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    ...(error.status === 401 ? ['www-authenticate: Bearer'] : []),
    ...(retryAfter === undefined ? [] : [`retry-after: ${Math.max(1, Math.ceil(retryAfter))}`]),
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}
