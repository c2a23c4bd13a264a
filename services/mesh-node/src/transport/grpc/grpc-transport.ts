import { checkListen, formatAddress, parseAddress, parseLane } from '../address.ts';
import {
  DialError,
  type Transport,
  type TransportCredentials,
  type TransportEvents,
  type TransportStats,
} from '../port.ts';
import { SessionHub } from '../session-hub.ts';
import type { TransportSettings } from '../settings.ts';
import { SocketListener } from '../socket/socket-listener.ts';
import { GrpcAcceptor } from './grpc-acceptor.ts';
import { dialGrpc } from './grpc-dialler.ts';

/** Lanes over gRPC, as PeerLink: `grpcs://host:port` with credentials, else `grpc://host:port`. */
export function createGrpcTransport(settings: TransportSettings, events: TransportEvents): Transport {
  return new GrpcTransport(settings, events);
}

class GrpcTransport implements Transport {
  readonly #hub: SessionHub;
  readonly #listener: SocketListener;
  readonly #scheme: string;

  constructor(settings: TransportSettings, events: TransportEvents) {
    const hub = new SessionHub(settings, events);
    this.#hub = hub;
    this.#scheme = settings.credentials === null ? 'grpc' : 'grpcs';
    const acceptor = new GrpcAcceptor({
      settings: () => hub.settings,
      onSettled: (socket) => this.#listener.settled(socket),
      onChannel: (channel) => {
        const session = hub.begin(channel, null);
        channel.bind(session);
        session.start();
      },
      onRefused: (reason) => hub.onRefused(reason),
    });
    this.#listener = new SocketListener(settings, 'h2', {
      onSocket: (socket) => acceptor.accept(socket),
      onRefused: (reason) => hub.onRefused(reason),
    });
  }

  async listen(): Promise<string> {
    const { host, port } = checkListen(this.#hub.settings, this.#scheme);
    return formatAddress(this.#scheme, host, await this.#listener.listen(host, port));
  }

  dial(address: string, lane: number, expectedPeer?: string): void {
    const attempt = { address, lane, expectedPeer: expectedPeer ?? null };
    const target = parseAddress(address, this.#scheme);
    const hub = this.#hub;
    hub.dial(attempt, async (signal) => {
      if (target === null || parseLane(String(lane)) === null) throw new DialError('bad_protocol');
      const { channel, start } = await dialGrpc(target, lane, () => hub.settings, signal);
      const session = hub.begin(channel, attempt);
      channel.bind(session);
      start();
      session.start();
      return session;
    });
  }

  setCredentials(credentials: TransportCredentials): void {
    this.#hub.setCredentials(credentials);
    this.#listener.renew(this.#hub.settings);
  }

  /** The memory is gRPC's own. */
  recycle(): void {}

  stats(): TransportStats {
    return this.#hub.stats(this.#listener.pending);
  }

  async close(): Promise<void> {
    const closed = this.#listener.stop();
    await this.#hub.close();
    this.#listener.destroyAll();
    await closed;
  }
}
