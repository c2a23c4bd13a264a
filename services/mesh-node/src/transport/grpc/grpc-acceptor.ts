import { randomBytes } from 'node:crypto';
import { createServer, type Http2Server, type Http2ServerRequest, type Http2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { Code, ConnectError, createConnectRouter, createContextKey, createContextValues } from '@connectrpc/connect';
import { universalRequestFromNodeRequest, universalResponseToNodeResponse } from '@connectrpc/connect-node';
import { PeerLinkService, type PeerMessage } from '../../gen/peermesh/peerlink/v1/peerlink_pb.ts';
import { parseLane } from '../address.ts';
import type { AcceptorEvents } from '../kind.ts';
import type { RefusalReason } from '../port.ts';
import { channelBindingOf, credentialOf } from '../socket/peer-credential.ts';
import { GrpcChannel } from './grpc-channel.ts';
import { HTTP2_SETTINGS, LANE_HEADER, MESSAGE_BYTES_MAX, REFUSAL_HEADER, RESUME_HEADER } from './grpc-protocol.ts';

const TOKEN_BYTES = 24;
const SOCKET = createContextKey<Socket | null>(null);

/** Serves PeerLink on accepted sockets: checks who it is, makes channels of streams, and gives lost ones their next stream. */
export class GrpcAcceptor {
  readonly #events: AcceptorEvents;
  readonly #http2: Http2Server;
  readonly #sockets = new WeakMap<Http2Session, Socket>();
  readonly #resumable = new Map<string, GrpcChannel>();
  #accepting: Socket | null = null;

  constructor(events: AcceptorEvents) {
    this.#events = events;
    const router = createConnectRouter({
      grpc: true,
      grpcWeb: false,
      connect: false,
      readMaxBytes: MESSAGE_BYTES_MAX,
      acceptCompression: [],
    });
    router.service(PeerLinkService, {
      link: (requests, { requestHeader, values }) => this.#link(requests, requestHeader, values.get(SOCKET)),
    });
    const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));
    this.#http2 = createServer({ settings: HTTP2_SETTINGS });
    this.#http2.on('session', (session) => this.#onSession(session));
    this.#http2.on('sessionError', () => events.onRefused('bad_protocol'));
    this.#http2.on('request', (request, response) => {
      const handler = handlers.get(request.url);
      const socket = this.#socketOf(request);
      request.on('error', ignore);
      response.on('error', ignore);
      if (handler === undefined || socket === null) {
        events.onRefused('bad_protocol');
        response.writeHead(404).end();
        return;
      }
      const values = createContextValues().set(SOCKET, socket);
      handler(universalRequestFromNodeRequest(request, response, undefined, values))
        .then((answer) => universalResponseToNodeResponse(answer, response))
        .catch(() => socket.destroy());
    });
  }

  accept(socket: Socket): void {
    this.#accepting = socket;
    this.#http2.emit('connection', socket);
    this.#accepting = null;
  }

  #onSession(session: Http2Session): void {
    session.on('error', ignore);
    if (this.#accepting === null) return session.destroy();
    this.#sockets.set(session, this.#accepting);
  }

  #socketOf(request: Http2ServerRequest): Socket | null {
    const { session } = request.stream;
    return session === undefined ? null : (this.#sockets.get(session) ?? null);
  }

  async *#link(
    requests: AsyncIterable<PeerMessage>,
    header: Headers,
    socket: Socket | null,
  ): AsyncIterable<PeerMessage> {
    const lane = parseLane(header.get(LANE_HEADER) ?? undefined);
    if (lane === null || socket === null) throw this.#refusal('bad_protocol');
    const settings = this.#events.settings();
    const { limits } = settings;
    const bearer = /^Bearer ([\w.-]+)$/.exec(header.get('authorization') ?? '')?.[1] ?? null;
    const credential = await credentialOf(socket, bearer, settings);
    if (typeof credential === 'string') throw this.#refusal(credential);
    const stream = { inbound: requests, remoteAddress: endOf(socket), destroy: () => socket.destroy() };
    const resume = header.get(RESUME_HEADER);
    if (resume !== null) {
      const channel = this.#resumable.get(resume);
      const isSame = channel?.lane === lane && channel.credential?.nodeId === credential?.nodeId;
      if (channel === undefined || !isSame) throw this.#refusal('unexpected');
      this.#events.onSettled(socket);
      const outbox = channel.open();
      channel.attach(stream);
      yield* outbox;
      return;
    }
    let token = '';
    const channel = new GrpcChannel({
      lane,
      isDialled: false,
      remoteAddress: stream.remoteAddress,
      binding: channelBindingOf(socket),
      credential,
      limits,
      onSettled: () => {
        this.#events.onSettled(socket);
        token = randomBytes(TOKEN_BYTES).toString('base64url');
        this.#resumable.set(token, channel);
        return token;
      },
      onLost: ignore,
      onGone: () => this.#resumable.delete(token),
    });
    const outbox = channel.open();
    this.#events.onChannel(channel);
    channel.attach(stream);
    yield* outbox;
  }

  #refusal(reason: RefusalReason): ConnectError {
    this.#events.onRefused(reason);
    return new ConnectError(reason, Code.Unauthenticated, { [REFUSAL_HEADER]: reason });
  }
}

const endOf = (socket: Socket): string => `${socket.remoteAddress}:${socket.remotePort}`;

const ignore = (): void => undefined;
