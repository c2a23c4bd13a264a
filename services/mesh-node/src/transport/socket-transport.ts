import { checkListen, formatAddress, type NodeAddress, parseAddress, parseLane, waysOf } from './address.ts';
import type { BindableChannel, TransportKind } from './kind.ts';
import {
  DialError,
  type Transport,
  type TransportCredentials,
  type TransportEvents,
  type TransportStats,
} from './port.ts';
import type { Session } from './session.ts';
import { type Attempt, SessionHub } from './session-hub.ts';
import type { TransportSettings } from './settings.ts';
import { SocketListener } from './socket/socket-listener.ts';

/** Everything of a transport but how a channel is made of a socket. */
export class SocketTransport implements Transport {
  readonly #hub: SessionHub;
  readonly #kinds: readonly TransportKind[];
  readonly #listeners: SocketListener[] = [];

  constructor(kinds: readonly TransportKind[], settings: TransportSettings, events: TransportEvents) {
    this.#kinds = kinds;
    this.#hub = new SessionHub(settings, events);
  }

  async listen(): Promise<readonly string[]> {
    const { settings } = this.#hub;
    const places = settings.listens.map((address) => ({ ...this.#kindOf(address), address }));
    const checked = places.map(({ kind, scheme, address }) => ({
      kind,
      scheme,
      ...checkListen(address, scheme, settings.credentials),
    }));
    const addresses: string[] = [];
    for (const { kind, scheme, host, port } of checked) {
      const listener = this.#listenerOf(kind);
      this.#listeners.push(listener);
      addresses.push(formatAddress(scheme, host, await listener.listen(host, port)));
    }
    return addresses;
  }

  dial(address: string, lane: number, expectedPeer?: string): void {
    this.#dial(address, waysOf(address), lane, expectedPeer ?? null);
  }

  setCredentials(credentials: TransportCredentials): void {
    this.#hub.setCredentials(credentials);
    for (const listener of this.#listeners) listener.renew(this.#hub.settings);
  }

  recycle(batch: Uint8Array): void {
    for (const kind of this.#kinds) kind.recycle?.(batch);
  }

  stats(): TransportStats {
    return this.#hub.stats(this.#listeners.reduce((sum, { pending }) => sum + pending, 0));
  }

  dropRevoked(): void {
    this.#hub.dropRevoked();
  }

  async close(): Promise<void> {
    const closed = this.#listeners.map((listener) => listener.stop());
    await this.#hub.close();
    for (const listener of this.#listeners) listener.destroyAll();
    await Promise.all(closed);
  }

  /** One way after the other, until one leads to a connection. */
  #dial(address: string, [way, ...others]: readonly string[], lane: number, expectedPeer: string | null): void {
    const otherwise = others.length === 0 ? null : () => this.#dial(address, others, lane, expectedPeer);
    const attempt: Attempt = { address, lane, expectedPeer, otherwise };
    const { kind, target } = this.#targetOf(way ?? '');
    this.#hub.dial(attempt, async (signal) => {
      if (kind === null || target === null || parseLane(String(lane)) === null) throw new DialError('bad_protocol');
      const { channel, start } = await kind.dial(target, lane, () => this.#hub.settings, signal);
      return this.#begin(channel, attempt, start);
    });
  }

  #begin(channel: BindableChannel, attempt: Attempt | null, start?: () => void): Session {
    const session = this.#hub.begin(channel, attempt);
    channel.bind(session);
    start?.();
    session.start();
    return session;
  }

  #listenerOf(kind: TransportKind): SocketListener {
    const hub = this.#hub;
    const acceptor = kind.createAcceptor({
      settings: () => hub.settings,
      onSettled: (socket) => listener.settled(socket),
      onChannel: (channel) => void this.#begin(channel, null),
      onRefused: (reason) => hub.onRefused(reason),
    });
    const listener = new SocketListener(hub.settings, kind.protocol, {
      onSocket: (socket) => acceptor.accept(socket),
      onRefused: (reason) => hub.onRefused(reason),
    });
    return listener;
  }

  #kindOf(address: string): { readonly kind: TransportKind; readonly scheme: string } {
    const schemes = this.#kinds.map((kind) => ({ kind, scheme: this.#schemeOf(kind) }));
    const found = schemes.find(({ scheme }) => address.startsWith(`${scheme}://`));
    if (found !== undefined) return found;
    throw new Error(`not an address to listen on for ${schemes.map(({ scheme }) => scheme).join(' or ')}: ${address}`);
  }

  #targetOf(address: string): { readonly kind: TransportKind | null; readonly target: NodeAddress | null } {
    const kind = this.#kinds.find((one) => address.startsWith(`${this.#schemeOf(one)}://`)) ?? null;
    return { kind, target: kind === null ? null : parseAddress(address, this.#schemeOf(kind)) };
  }

  #schemeOf({ plainScheme, secureScheme }: TransportKind): string {
    return this.#hub.settings.credentials === null ? plainScheme : secureScheme;
  }
}
