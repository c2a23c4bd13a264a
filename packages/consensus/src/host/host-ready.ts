import type { Entry, ReplicaId } from '../entry.ts';
import type { GroupId, LogWrite } from '../ports/log-store.ts';
import type { FrameClass } from '../ports/transport.ts';
import type { Snapshot } from '../snapshot.ts';

/** A frame on its way to another host. */
export interface OutgoingFrame {
  readonly to: ReplicaId;
  readonly frameClass: FrameClass;
  readonly bytes: Uint8Array;
}

/** A read of one group that may be answered once `index` is applied. */
export interface GroupRead {
  readonly group: GroupId;
  readonly context: string;
  readonly index: number;
}

/** What all groups of a host want done, as one batch: one durable write for all of them. */
export interface HostReady {
  /** Counts up; batches are written in this order, several may be on their way at once. */
  readonly number: number;
  /** May leave at once. */
  readonly frames: readonly OutgoingFrame[];
  /** To be kept durably before `writes`; restored into the state machine when the batch is durable. */
  readonly snapshots: readonly { readonly group: GroupId; readonly snapshot: Snapshot }[];
  /** To be written at once, for all groups. */
  readonly writes: readonly LogWrite[];
  /** Leave when this batch and all before it are durable. */
  readonly framesAfterPersist: readonly OutgoingFrame[];
  /** To be applied, in order. */
  readonly committed: readonly { readonly group: GroupId; readonly entries: readonly Entry[] }[];
  readonly reads: readonly GroupRead[];
  /** Groups in which anything may have changed. */
  readonly touched: readonly GroupId[];
  /** Whether {@link GroupHost.persisted} is awaited: also when there is nothing to write but frames that wait. */
  readonly mustPersist: boolean;
}
