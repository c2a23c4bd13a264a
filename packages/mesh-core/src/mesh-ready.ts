import type { LogWrite, Snapshot } from '@peermesh/consensus';
import type { ConnectionWrite, Dial, OverlayDelivery, OverlayEvent } from '@peermesh/overlay';
import type { ControlChange, ControlReason, Initiator, MeshHealth } from '@peermesh/replication';

/** What a node is to its mesh. */
export type MeshPhase = 'idle' | 'joining' | 'member' | 'leaving';

/** Why a node is no member any more. */
export type RemovalReason = 'left' | 'evicted' | 'replaced' | 'revoked';

/** What is to be made durable, in the order of the numbers; then {@link MeshCore.persisted}. Within one, from top to bottom. */
export interface MeshBatch {
  /** Counts up, from 1. */
  readonly number: number;
  /** Log and snapshot of the control group are of an earlier membership: they are forgotten first. */
  readonly isReset: boolean;
  /** The node's record is replaced, or, by null, removed; without it, it stays. */
  readonly record?: Uint8Array | null;
  readonly snapshot: Snapshot | null;
  readonly write: LogWrite | null;
  /** Entries up to this index, included, may be forgotten when all of this is durable; null for none. */
  readonly compactTo: number | null;
}

/** A hop of a trace; null when it did not answer in time. */
export interface TracedHop {
  readonly shortId: number;
  readonly rttMs: number | null;
}

/**
 * How an operation ended. `done` and `refused` are the control group's; `not-taken`: nothing was done; `unknown`: it may be done
 * still; `timed-out`: nobody answered; `not-a-member`, `already-a-member`: it makes no sense in this phase.
 */
export type OperationOutcome =
  | { readonly kind: 'done'; readonly value: number; readonly index: number }
  | { readonly kind: 'refused'; readonly reason: ControlReason; readonly value: number }
  | { readonly kind: 'read'; readonly index: number }
  | { readonly kind: 'traced'; readonly hops: readonly TracedHop[] }
  | {
      readonly kind:
        | 'not-taken'
        | 'unknown'
        | 'timed-out'
        | 'removed'
        | 'not-a-member'
        | 'already-a-member'
        | 'unreachable';
    };

/** News for whoever watches, logs and counts; in order. */
export type MeshEvent =
  | OverlayEvent
  /** The disk holds a membership and no log any more: this node is none of the mesh until it joins anew. */
  | { readonly kind: 'log-lost' }
  | { readonly kind: 'phase'; readonly phase: MeshPhase }
  /** This node is no member any more, and why. What it knew of the mesh is gone. */
  | { readonly kind: 'removed'; readonly reason: RemovalReason }
  /** The control group changed. After a restart, changes from before come again with the same index. */
  | { readonly kind: 'changed'; readonly index: number; readonly change: ControlChange; readonly by: Initiator }
  /** The control group's state came whole: read it anew. */
  | { readonly kind: 'restored' }
  | { readonly kind: 'leader'; readonly leader: number; readonly term: number }
  | { readonly kind: 'health'; readonly health: MeshHealth; readonly unreachable: readonly number[] }
  | { readonly kind: 'reachable'; readonly shortId: number; readonly isReachable: boolean };

/** A connection that the transport must close. */
export interface MeshClose {
  readonly connection: number;
  readonly reason: string;
}

/** What is to be done now; each thing is handed over once. */
export interface MeshReady {
  readonly batches: readonly MeshBatch[];
  readonly writes: readonly ConnectionWrite[];
  /** Batches that came in and that nothing refers to any more: the transport may use their memory again. */
  readonly spentBatches: readonly Uint8Array[];
  readonly dials: readonly Dial[];
  readonly closes: readonly MeshClose[];
  /** Messages on channels of applications, 16 and above. */
  readonly deliveries: readonly OverlayDelivery[];
  readonly outcomes: readonly { readonly operationId: string; readonly outcome: OperationOutcome }[];
  readonly events: readonly MeshEvent[];
}
