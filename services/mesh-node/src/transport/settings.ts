import type { LinkConfig } from '@peermesh/link';
import type { NodeKey } from '../identity/index.ts';
import type { RevocationCheck, TransportCredentials } from './port.ts';

/** What both transports are made with. Times in milliseconds, sizes in bytes. */
export interface TransportSettings {
  readonly key: NodeKey;
  /** Chosen at random when the process starts; a u32. */
  readonly incarnation: number;
  /** What HELLO offers. */
  readonly link: Pick<LinkConfig, 'features' | 'creditBytes'>;
  /** Where to listen, such as `wss://0.0.0.0:8201`; port 0 picks a free one. None when this node only dials. */
  readonly listens: readonly string[];
  /** Null allows no TLS: for loopback and development, where the HELLO proof alone authenticates. */
  readonly credentials: TransportCredentials | null;
  readonly isRevoked: RevocationCheck;
  readonly now: () => number;
  readonly limits: TransportLimits;
}

/** What one node lets others cost it; attempts, handshakes under way and connections are those of each listener. */
export interface TransportLimits {
  /** From the first byte to the end of the handshake. */
  readonly handshakeTimeoutMs: number;
  readonly heartbeatMs: number;
  /** So many unanswered heartbeats make a peer unhealthy. */
  readonly heartbeatMisses: number;
  /** Written and not taken by the kernel, per connection. */
  readonly bufferedBytesMax: number;
  /** A peer that takes nothing for this long while something is buffered is closed. */
  readonly stallMs: number;
  /** gRPC: batches that may wait; when more do for `sendTimeoutMs` the peer is closed as too slow. */
  readonly sendQueueMax: number;
  readonly sendTimeoutMs: number;
  /** gRPC: how long a connection outlives its stream while another is opened. */
  readonly resumeMs: number;
  readonly connectionsMax: number;
  /** Handshakes under way, in all and with one address. */
  readonly handshakesMax: number;
  readonly handshakesMaxPerAddress: number;
  readonly attemptsPerSecond: number;
  readonly attemptsPerSecondPerAddress: number;
}

/** Lets a mesh of hundreds of nodes restart at once and holds back a flood. */
export const DEFAULT_TRANSPORT_LIMITS: TransportLimits = {
  handshakeTimeoutMs: 5_000,
  heartbeatMs: 5_000,
  heartbeatMisses: 3,
  bufferedBytesMax: 16 * 1024 * 1024,
  stallMs: 10_000,
  sendQueueMax: 100,
  sendTimeoutMs: 5_000,
  resumeMs: 10_000,
  connectionsMax: 4_096,
  handshakesMax: 256,
  handshakesMaxPerAddress: 64,
  attemptsPerSecond: 400,
  attemptsPerSecondPerAddress: 100,
};

/** The settings that cannot work, one line each; empty when all is well. */
export function transportLimitProblems(limits: TransportLimits): string[] {
  const problems = Object.entries(limits)
    .filter(([, value]) => !(value > 0))
    .map(([name]) => `${name} must be over 0`);
  if (limits.stallMs <= limits.heartbeatMs) problems.push('stallMs must be over heartbeatMs');
  return problems;
}
