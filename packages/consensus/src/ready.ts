import type { Entry, HardState } from './entry.ts';
import type { Message } from './message.ts';
import type { ReadState } from './raft-state.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * What a replica wants done, as one batch. Batches are written in the order in which they were taken, several may be on
 * their way at once.
 */
export interface Ready {
  /** Counts up. */
  readonly number: number;
  /** To be written, when it is there. */
  readonly hardState: HardState | null;
  /** To be written behind what is there; the first one replaces an entry of its index and everything behind that. */
  readonly entries: readonly Entry[];
  /** To be written before anything else of this batch, in place of the whole log, and restored into the state machine. */
  readonly snapshot: Snapshot | null;
  /** May leave at once. */
  readonly messages: readonly Message[];
  /** Leave when this batch and all before it are durable. */
  readonly messagesAfterPersist: readonly Message[];
  /** To be applied, in order. */
  readonly committed: readonly Entry[];
  /** Reads that may be answered once their index is applied. */
  readonly reads: readonly ReadState[];
  /** Whether anything is to be written: then {@link RaftNode.persisted} is awaited. */
  readonly mustPersist: boolean;
}

/** What somebody outside may know of a replica. */
export interface RaftStatus {
  readonly role: 'follower' | 'pre-candidate' | 'candidate' | 'leader';
  readonly term: number;
  readonly vote: number;
  readonly leader: number;
  readonly commit: number;
  readonly durable: number;
  readonly lastIndex: number;
  readonly uncommittedBytes: number;
}
