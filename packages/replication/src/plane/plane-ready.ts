import type { OutgoingFrame } from '@peermesh/consensus';
import type { ControlChange } from '../control-group/change.ts';
import type { Initiator } from '../control-group/control-group.ts';
import type { DurableBatch } from './durable-batch.ts';
import type { RequestOutcome } from './requests.ts';

/** A change and the index of the command that made it. */
export interface LoggedChange {
  readonly index: number;
  readonly change: ControlChange;
  readonly by: Initiator;
}

/** What the plane wants done, and what has happened. */
export interface PlaneReady {
  /** To be written, in this order; then `persisted`. */
  readonly batches: readonly DurableBatch[];
  /** Frames of Raft, by the short id of the receiver. They may be lost. */
  readonly raft: readonly OutgoingFrame[];
  /** For the plane of another member. They need a channel that does not lose. */
  readonly messages: readonly { readonly to: number; readonly bytes: Uint8Array }[];
  readonly outcomes: readonly { readonly requestId: string; readonly outcome: RequestOutcome }[];
  /** With the index that each has in the log: after a restart, some come again. */
  readonly changes: readonly LoggedChange[];
  /** The state came whole: whoever watches reads it anew. */
  readonly isRestored: boolean;
  /** This node was removed, by its own log or as another member says. */
  readonly removed: 'left' | 'evicted' | 'replaced' | 'revoked' | null;
}
