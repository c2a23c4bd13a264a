import type { Configuration } from '../configuration.ts';
import type { ReplicaId } from '../entry.ts';
import type { RaftOptions } from '../options.ts';
import type { GroupId } from '../ports/log-store.ts';
import type { StateMachine } from '../ports/state-machine.ts';
import type { Stores } from '../ports/stores.ts';
import type { Transport } from '../ports/transport.ts';

export interface GroupDriverOptions {
  /** The replica id of all groups here: the node's short id. */
  readonly id: ReplicaId;
  readonly stores: Stores;
  readonly transport: Transport;
  /** In [0, 1). */
  readonly random: () => number;
  /** A group ended by itself: its storage or its state machine failed. It is never started again on the same volume unlooked at. */
  readonly onEnded: (group: GroupId, error: unknown) => void;
  readonly raft?: Partial<RaftOptions>;
  /** See GroupHostOptions. */
  readonly quiesceTicks?: number;
  /** A group is snapshotted when it has applied as many bytes of entries since the last time. */
  readonly snapshotBytes?: number;
  /** Who waits for longer is told that the outcome is not known. */
  readonly patienceTicks?: number;
}

/** How a group begins on this node. */
export interface GroupCreation<Result> {
  readonly machine: StateMachine<Result>;
  /** What the group begins with, equal on all its first members; null for a replica that is added later. */
  readonly configuration: Configuration | null;
  readonly isWitness?: boolean;
}

/** How a group goes on after a restart. */
export interface GroupReopening<Result> {
  readonly machine: StateMachine<Result>;
  /** The volume that the replica was created on, as whoever remembers it has it; null when nobody does. */
  readonly volumeId: string | null;
}
