import type { Configuration } from './configuration.ts';
import type { Entry, ReplicaId } from './entry.ts';

/** Version of the messages' meaning; a replica refuses what it does not know. */
export const MESSAGE_VERSION = 1;

interface Addressed {
  readonly from: ReplicaId;
  readonly to: ReplicaId;
  readonly term: number;
}

/** Asks for a vote, or, as a pre-vote, whether there would be one (dissertation, 9.6). */
export interface VoteRequest extends Addressed {
  readonly type: 'vote-request';
  readonly isPre: boolean;
  readonly lastIndex: number;
  readonly lastTerm: number;
  /** The leader has asked for this election: it is not held back by its lease. */
  readonly isTransfer: boolean;
}

export interface VoteResponse extends Addressed {
  readonly type: 'vote-response';
  readonly isPre: boolean;
  readonly isGranted: boolean;
}

/** Entries after `prevIndex`, as many as fit; none to probe where the logs match. */
export interface AppendRequest extends Addressed {
  readonly type: 'append-request';
  readonly prevIndex: number;
  readonly prevTerm: number;
  readonly entries: readonly Entry[];
  readonly commit: number;
}

/** Acknowledges that everything up to `index` is durable, or says where the logs may match. */
export interface AppendResponse extends Addressed {
  readonly type: 'append-response';
  readonly isOk: boolean;
  /** The durable index, or the `prevIndex` that did not match. */
  readonly index: number;
  /** The highest position that may match, when it did not. */
  readonly hintIndex: number;
  readonly hintTerm: number;
}

export interface Heartbeat extends Addressed {
  readonly type: 'heartbeat';
  readonly commit: number;
  /** Number of the newest read that waits for the leader to be confirmed. */
  readonly round: number;
}

export interface HeartbeatResponse extends Addressed {
  readonly type: 'heartbeat-response';
  readonly round: number;
}

/** One piece of a snapshot; the next follows when this one is acknowledged. */
export interface SnapshotChunk extends Addressed {
  readonly type: 'snapshot-chunk';
  readonly index: number;
  readonly snapshotTerm: number;
  readonly configuration: Configuration;
  readonly offset: number;
  readonly totalBytes: number;
  readonly data: Uint8Array;
}

/** How much of a snapshot has arrived: the sender goes on from there. */
export interface SnapshotResponse extends Addressed {
  readonly type: 'snapshot-response';
  readonly index: number;
  readonly offset: number;
}

/** Asks the receiver to stand for election at once (dissertation, 3.10). */
export interface TimeoutNow extends Addressed {
  readonly type: 'timeout-now';
}

/** What replicas of a group say to each other. */
export type Message =
  | VoteRequest
  | VoteResponse
  | AppendRequest
  | AppendResponse
  | Heartbeat
  | HeartbeatResponse
  | SnapshotChunk
  | SnapshotResponse
  | TimeoutNow;

/** A message before it is addressed. */
export type MessageBody = Message extends infer One
  ? One extends Message
    ? Omit<One, 'from' | 'to' | 'term'>
    : never
  : never;
