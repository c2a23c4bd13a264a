import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls';
import type { RefusalReason } from '../port.ts';
import type { TransportSettings } from '../settings.ts';
import { AttemptLimiter } from './attempt-limiter.ts';
import { type InnerProtocol, secureContextOptions } from './tls-options.ts';

/** What becomes of sockets that others opened. */
export interface SocketListenerEvents {
  onSocket(socket: Socket): void;
  onRefused(reason: RefusalReason): void;
}

/**
 * Accepts sockets and, with credentials, TLS on them: limits how often others may try, how many handshakes go on and how
 * long each may take. A socket stays `pending` until `settled` or closed; who never gets there is closed.
 */
export class SocketListener {
  readonly #settings: TransportSettings;
  readonly #events: SocketListenerEvents;
  readonly #limiter: AttemptLimiter;
  readonly #server: Server;
  readonly #tls: TlsServer | null;
  readonly #sockets = new Set<Socket>();
  readonly #pending = new Map<string, NodeJS.Timeout>();

  constructor(settings: TransportSettings, protocol: InnerProtocol, events: SocketListenerEvents) {
    const { limits, credentials, key } = settings;
    this.#settings = settings;
    this.#events = events;
    this.#limiter = new AttemptLimiter(limits.attemptsPerSecond, limits.attemptsPerSecondPerAddress);
    this.#tls =
      credentials === null
        ? null
        : createTlsServer({
            ...secureContextOptions(key, credentials),
            ALPNProtocols: [protocol],
            requestCert: true,
            rejectUnauthorized: false,
          });
    this.#tls?.on('secureConnection', (socket) => this.#onSecure(socket));
    this.#tls?.on('tlsClientError', () => events.onRefused('tls_failed'));
    this.#server = createServer({ noDelay: true }, (socket) => this.#onSocket(socket));
  }

  /** Listens; the port that it got. */
  async listen(host: string, port: number): Promise<number> {
    this.#server.listen({ host, port, backlog: BACKLOG });
    await once(this.#server, 'listening');
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : port;
  }

  /** Connections from now on see another certificate and trust. */
  renew(settings: TransportSettings): void {
    if (settings.credentials !== null)
      this.#tls?.setSecureContext(secureContextOptions(settings.key, settings.credentials));
  }

  /** The handshake on this socket is over. */
  settled(socket: Socket): void {
    const key = endOf(socket);
    clearTimeout(this.#pending.get(key));
    this.#pending.delete(key);
  }

  get pending(): number {
    return this.#pending.size;
  }

  /** Accepts no more; resolves when the last socket is closed. */
  async stop(): Promise<void> {
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
  }

  destroyAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #onSocket(socket: Socket): void {
    const { limits } = this.#settings;
    socket.on('error', ignore);
    const { remoteAddress } = socket;
    if (remoteAddress === undefined) return;
    if (!this.#limiter.allows(remoteAddress, performance.now())) return this.#refuse(socket, 'rate_limited');
    const isFull =
      this.#pending.size >= limits.handshakesMax ||
      this.#sockets.size >= limits.connectionsMax ||
      this.#pendingOf(remoteAddress) >= limits.handshakesMaxPerAddress;
    if (isFull) return this.#refuse(socket, 'too_many_connections');
    const key = endOf(socket);
    this.#sockets.add(socket);
    this.#pending.set(
      key,
      setTimeout(() => this.#refuse(socket, 'handshake_timeout'), limits.handshakeTimeoutMs),
    );
    socket.once('close', () => {
      this.#sockets.delete(socket);
      clearTimeout(this.#pending.get(key));
      this.#pending.delete(key);
    });
    if (this.#tls === null) this.#events.onSocket(socket);
    else this.#tls.emit('connection', socket);
  }

  #pendingOf(address: string): number {
    let count = 0;
    for (const end of this.#pending.keys()) if (end.startsWith(`${address}#`)) count += 1;
    return count;
  }

  #onSecure(socket: Socket): void {
    socket.on('error', ignore);
    this.#events.onSocket(socket);
  }

  #refuse(socket: Socket, reason: RefusalReason): void {
    this.#events.onRefused(reason);
    socket.destroy();
  }
}

const BACKLOG = 1_024;

/** What a TLS socket and the one under it have in common. */
const endOf = (socket: Socket): string => `${socket.remoteAddress}#${socket.remotePort}`;

/** A socket that fails is closed; that is what counts. */
const ignore = (): void => undefined;
