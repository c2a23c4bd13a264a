import type { Socket } from 'node:net';
import { checkListen, formatAddress, parseAddress, parseLane } from '../address.ts';
import {
  DialError,
  type RefusalReason,
  type Transport,
  type TransportCredentials,
  type TransportEvents,
  type TransportStats,
} from '../port.ts';
import type { Session } from '../session.ts';
import { SessionHub } from '../session-hub.ts';
import type { TransportSettings } from '../settings.ts';
import { SocketListener } from '../socket/socket-listener.ts';
import { MessageBuffers } from './message-buffers.ts';
import { WsAcceptor } from './ws-acceptor.ts';
import type { WsChannel } from './ws-channel.ts';
import { dialWs } from './ws-dialler.ts';

/** Lanes over WebSocket: `wss://host:port` with credentials, else `ws://host:port`. */
export function createWsTransport(settings: TransportSettings, events: TransportEvents): Transport {
  return new WsTransport(settings, events);
}

class WsTransport implements Transport {
  readonly #hub: SessionHub;
  readonly #buffers = new MessageBuffers();
  readonly #listener: SocketListener;
  readonly #scheme: string;

  constructor(settings: TransportSettings, told: TransportEvents) {
    const hub = new SessionHub(settings, told);
    this.#hub = hub;
    this.#scheme = settings.credentials === null ? 'ws' : 'wss';
    const events = {
      settings: () => hub.settings,
      onSettled: (socket: Socket) => this.#listener.settled(socket),
      onChannel: (channel: WsChannel) => void this.#begin(channel, null),
      onRefused: (reason: RefusalReason) => hub.onRefused(reason),
    };
    const acceptor = new WsAcceptor(events, this.#buffers);
    this.#listener = new SocketListener(settings, 'http/1.1', {
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
    this.#hub.dial(attempt, async (signal) => {
      if (target === null || parseLane(String(lane)) === null) throw new DialError('bad_protocol');
      const channel = await dialWs(target, lane, this.#hub.settings, this.#buffers, signal);
      return this.#begin(channel, attempt);
    });
  }

  setCredentials(credentials: TransportCredentials): void {
    this.#hub.setCredentials(credentials);
    this.#listener.renew(this.#hub.settings);
  }

  recycle(batch: Uint8Array): void {
    this.#buffers.give(batch);
  }

  stats(): TransportStats {
    return this.#hub.stats(this.#listener.pending);
  }

  async close(): Promise<void> {
    const closed = this.#listener.stop();
    await this.#hub.close();
    this.#listener.destroyAll();
    await closed;
  }

  #begin(channel: WsChannel, attempt: Parameters<SessionHub['begin']>[1]): Session {
    const session = this.#hub.begin(channel, attempt);
    channel.bind(session);
    session.start();
    return session;
  }
}
