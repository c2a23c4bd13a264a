import type { RefusalReason } from './port.ts';
import type { PeerCredential } from './socket/peer-credential.ts';

/** What an adapter makes of one connection: whole messages both ways, in order. Bound to the callbacks of `ChannelEvents`. */
export interface Channel {
  readonly remoteAddress: string;
  readonly isDialled: boolean;
  readonly lane: number;
  /** RFC 9266 exporter of the TLS below, or empty. */
  readonly binding: Uint8Array;
  /** Whom TLS or a token showed; null on a plain connection. */
  readonly credential: PeerCredential | null;
  /** Written and not yet taken by the kernel. */
  readonly bufferedBytes: number;
  /** Taken by the kernel since the connection stands, or any other number that grows when something is. */
  readonly takenBytes: number;
  send(message: Uint8Array): void;
  /** Asks for a sign of life; the answer comes as `onAlive`. */
  heartbeat(): void;
  /** The handshake is over. */
  settled(): void;
  /** Says why and ends, if need be by force; `onEnd` follows. */
  end(reason: string): void;
}

/** What a channel tells its session. */
export interface ChannelEvents {
  onMessage(bytes: Uint8Array): void;
  onAlive(): void;
  /** The other side broke the adapter's protocol; the channel is of no more use. */
  onFault(reason: RefusalReason): void;
  /** Once; with the other side's reason if it gave one, or what this side found wrong. */
  onEnd(reason: string): void;
}
