import type { Established } from '@peermesh/link';

/** Why a connection was not made or ended, when this side found the fault. Counted by name. */
export type RefusalReason =
  /** More attempts in a second than the settings allow, in all or from this address. */
  | 'rate_limited'
  /** As many connections or unfinished handshakes as the settings allow. */
  | 'too_many_connections'
  | 'handshake_timeout'
  /** TLS failed, or there was none; what was said of it is in the error. */
  | 'tls_failed'
  | 'certificate_missing'
  | 'certificate_untrusted'
  | 'certificate_expired'
  /** Its validity begins in the future: the clock of this machine is behind, or that of the authority was ahead. */
  | 'certificate_not_yet_valid'
  | 'certificate_revoked'
  | 'token_malformed'
  | 'token_untrusted'
  | 'token_expired'
  | 'token_other_mesh'
  | 'token_other_key'
  /** The key of the certificate or token is not the key of the HELLO, or not the one that was dialled. */
  | 'wrong_key'
  /** Not what this transport speaks. */
  | 'bad_protocol'
  /** A message over the size of a batch. */
  | 'oversize'
  /** Of the handshake of packages/link. */
  | HandshakeReason
  /** The other side accepts and never reads. */
  | 'slow_reader'
  /** Heartbeats were not answered. */
  | 'unhealthy'
  | 'unreachable';

type HandshakeReason =
  | 'truncated'
  | 'bad_magic'
  | 'bad_version_range'
  | 'bad_lane'
  | 'lane_mismatch'
  | 'same_role'
  | 'same_node'
  | 'no_common_version'
  | 'downgrade'
  | 'bad_proof'
  | 'unexpected';

/** What failed when a connection was dialled. */
export class DialError extends Error {
  override readonly name = 'DialError';
  /** One of `RefusalReason`, or `peer: ` and the reason that the other side gave. */
  readonly reason: string;

  constructor(reason: string, cause?: unknown) {
    super(`dial failed: ${reason}`, cause === undefined ? undefined : { cause });
    this.reason = reason;
  }
}

/** What went over a connection. */
export interface ConnectionTraffic {
  sentBatches: number;
  sentBytes: number;
  receivedBatches: number;
  receivedBytes: number;
}

/** One lane to one peer, authenticated. Owned by the transport; methods are for the thread of the transport alone. */
export interface Connection {
  /** Never used again for another connection of this transport. */
  readonly id: number;
  /** Node id of the other side, proven by its key. */
  readonly peer: string;
  readonly established: Established;
  readonly lane: number;
  readonly isDialled: boolean;
  readonly remoteAddress: string;
  /** Written and not yet taken by the kernel. */
  readonly bufferedBytes: number;
  /** Batches and their bytes since the connection stands, for metrics. */
  readonly traffic: Readonly<ConnectionTraffic>;
  /**
   * Writes a batch; the bytes must stay unchanged until the other side has them. Batches of one turn of the event loop go out
   * together. In order and whole while the connection lives; nothing happens on a closed one. When more than the settings
   * allow is buffered the connection is closed as `slow_reader`.
   */
  send(batch: Uint8Array): void;
  /** Ends the connection; the other side is told the reason, `onClosed` follows in a later turn. Idempotent. */
  close(reason: string): void;
}

/** What a transport tells, one call at a time and never from within a call of this interface. They must not throw. */
export interface TransportEvents {
  onConnection(connection: Connection): void;
  /** The receiver owns `bytes`. They are not checked: whatever an authenticated peer sent. */
  onBatch(connection: Connection, bytes: Uint8Array): void;
  /** Once for each `onConnection`. The reason is one given to `close`, a `RefusalReason`, or `peer: ` and what the peer said. */
  onClosed(connection: Connection, reason: string): void;
  /** Once for each `dial` that leads to no `onConnection`. */
  onDialFailed(address: string, lane: number, error: DialError): void;
}

/** How nodes are connected. An address is a URL whose scheme is one of the transport's, or several of them with spaces between. */
export interface Transport {
  /** Starts to accept; resolves with the addresses to dial. Rejects when one cannot be used. */
  listen(): Promise<readonly string[]>;
  /**
   * Connects and shakes hands; ends in `onConnection` or `onDialFailed`. With a peer given, only that one will do. Of several
   * ways in the address one is tried after the other; the failure is that of the last.
   */
  dial(address: string, lane: number, expectedPeer?: string): void;
  /** Takes another certificate and trust: new handshakes see them, connections that stand go on. */
  setCredentials(credentials: TransportCredentials): void;
  /** Takes back bytes that came by `onBatch` and that nothing refers to any more, to use their memory again. */
  recycle(batch: Uint8Array): void;
  /** Closes the connections of whoever is revoked by now, as `isRevoked` of the settings says. */
  dropRevoked(): void;
  stats(): TransportStats;
  /** Ends everything; resolves when each `onClosed` has been called and the port is free. */
  close(): Promise<void>;
}

/** With which key, and whom to believe. */
export interface TransportCredentials {
  readonly meshId: string;
  /** Without it TLS can only be dialled, with the token; acceptors need one. */
  readonly certificatePem?: string;
  /** A join token that stands for the certificate when dialling. */
  readonly token?: string;
  /** Certificates of the mesh's authority. */
  readonly trustedPem: readonly string[];
}

/**
 * Whether a node or the certificate that it shows is not welcome any more; the serial number is null where it showed none. Asked
 * at each handshake, with TLS and without.
 */
export type RevocationCheck = (nodeId: string, serialNumber: string | null) => boolean;

/** Counts since the transport was made. */
export interface TransportStats {
  readonly connections: number;
  readonly handshakes: number;
  readonly accepted: number;
  readonly dialled: number;
  readonly refused: ReadonlyMap<RefusalReason, number>;
}
