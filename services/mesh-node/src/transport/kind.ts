import type { Socket } from 'node:net';
import type { NodeAddress } from './address.ts';
import type { Channel, ChannelEvents } from './channel.ts';
import type { RefusalReason } from './port.ts';
import type { TransportSettings } from './settings.ts';
import type { InnerProtocol } from './socket/tls-options.ts';

/** A channel that waits for its session. */
export interface BindableChannel extends Channel {
  /** Where messages go from here on. */
  bind(events: ChannelEvents): void;
}

/** What an acceptor is used with. */
export interface AcceptorEvents {
  settings(): TransportSettings;
  /** The handshake on this socket is over. */
  onSettled(socket: Socket): void;
  onChannel(channel: BindableChannel): void;
  onRefused(reason: RefusalReason): void;
}

/** What one kind of transport knows by itself: how a channel is made of a socket, on either side. */
export interface TransportKind {
  readonly plainScheme: string;
  /** With credentials. */
  readonly secureScheme: string;
  readonly protocol: InnerProtocol;
  /** Takes memory back that nothing refers to any more, if it is of this kind. */
  recycle?(batch: Uint8Array): void;
  /** Makes channels of sockets that others opened. */
  createAcceptor(events: AcceptorEvents): { accept(socket: Socket): void };
  /** A channel to this address; `start` is called once it is bound. Rejects with a DialError or what the network said. */
  dial(
    target: NodeAddress,
    lane: number,
    settings: () => TransportSettings,
    signal: AbortSignal,
  ): Promise<{ readonly channel: BindableChannel; readonly start?: () => void }>;
}
