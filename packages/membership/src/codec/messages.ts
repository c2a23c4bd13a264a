import type { Claim, NodeId } from '../claim.ts';

/** Why a join was refused, as the joining side hears it. */
export const JOIN_REFUSALS = [
  'wrong_mesh',
  'bad_key',
  'closed',
  'identity_conflict',
  'incompatible_version',
  'full',
] as const;

/** Why a join was refused, as the joining side hears it. */
export type JoinRefusal = (typeof JOIN_REFUSALS)[number];

/** "Are you there?" `target` guards against a packet that reached another node. */
export interface Ping {
  readonly type: 'ping';
  readonly sequence: number;
  readonly target: NodeId;
}

/** Answer to a ping or, from a helper, to a ping request. */
export interface Ack {
  readonly type: 'ack';
  readonly sequence: number;
}

/** "Is `target` there? I cannot reach it." */
export interface PingRequest {
  readonly type: 'ping_request';
  readonly sequence: number;
  readonly target: NodeId;
}

/** From a helper: "I am well, but `target` did not answer me". */
export interface Nack {
  readonly type: 'nack';
  readonly sequence: number;
}

export interface Gossip {
  readonly type: 'gossip';
}

/** Opens an anti-entropy exchange with one digest per bucket of the live view. */
export interface SyncRequest {
  readonly type: 'sync_request';
  readonly digests: Uint32Array;
}

/** The sender's digests, and as claims all that it holds in the buckets that differ. */
export interface SyncState {
  readonly type: 'sync_state';
  readonly isReply: boolean;
  readonly digests: Uint32Array;
}

/** Asks a member to be let in; the first claim is the joiner's own. */
export interface Join {
  readonly type: 'join';
  readonly meshId: string;
  readonly credential: Uint8Array;
}

/** The joiner is in; the claims are the whole view. */
export interface JoinAccepted {
  readonly type: 'join_accepted';
  readonly meshId: string;
}

export interface JoinRefused {
  readonly type: 'join_refused';
  readonly reason: JoinRefusal;
}

/** What a message says besides the claims that ride on it. */
export type MessageBody =
  | Ping
  | Ack
  | PingRequest
  | Nack
  | Gossip
  | SyncRequest
  | SyncState
  | Join
  | JoinAccepted
  | JoinRefused;

/** One message on the wire. */
export type Message = MessageBody & { readonly claims: readonly Claim[] };

/** Buckets of the digest; part of the wire format. */
export const DIGEST_BUCKETS = 64;
