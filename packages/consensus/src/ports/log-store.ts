import type { Entry, HardState } from '../entry.ts';

/** A Raft group, by a number of 32 bits that all its replicas use; 0 is none. */
export type GroupId = number;

/** What one group wants written: all of it, or, after a crash, nothing of it. */
export interface LogWrite {
  readonly group: GroupId;
  readonly hardState: HardState | null;
  /**
   * First the whole log of the group is forgotten, and its next entry is the one after this index: a snapshot has taken its
   * place. Null leaves the log.
   */
  readonly restartAfter: number | null;
  /** Without gaps. The first one replaces an entry of its index and everything behind that, or follows the last one. */
  readonly entries: readonly Entry[];
}

/** The first and the last index of a group's log, both included. */
export interface LogRange {
  readonly first: number;
  readonly last: number;
}

/**
 * The logs of all groups of a node, with their hard states, since both belong into one durable write (HashiCorp Raft's
 * LogStore, shared by many groups). Reads are synchronous and see every write that was accepted, flushed or not. Every
 * operation throws or rejects with StorageError, and after a failed write all further ones fail as well.
 */
export interface LogStore {
  /**
   * Writes for many groups at once. Resolves when all of it is flushed to the disk; writes become durable in the order in
   * which they were asked for, so a resolved one says so of all before it. Several writes for one group are applied in order.
   */
  append(batch: readonly LogWrite[]): Promise<void>;
  /** Null when the group has no entries. */
  range(group: GroupId): LogRange | null;
  /**
   * Entries from `from` on, as many as fit into `bytesMax` bytes of data but at least one; none behind the last one.
   * @throws StorageError `corrupt` with group and index for a record that does not have its checksum
   */
  read(group: GroupId, from: number, bytesMax: number): Entry[];
  /** Null when nothing was ever written for the group. */
  hardState(group: GroupId): HardState | null;
  /** Forgets entries up to an index, included; a crash may bring them back. The hard state stays. */
  compact(group: GroupId, index: number): Promise<void>;
  /** Groups that something was written for. */
  groups(): GroupId[];
  /** Forgets a group, its hard state as well, durably. */
  remove(group: GroupId): Promise<void>;
  /** Waits for writes under way. What is asked for afterwards fails as `closed`. */
  close(): Promise<void>;
}
