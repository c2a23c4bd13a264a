/**
 * What became of storage: `full` (ENOSPC), `io` (EIO and the like), `corrupt` (a record does not have its checksum),
 * `closed` (it was closed, or the process is about to end).
 */
export type StorageFault = 'full' | 'io' | 'corrupt' | 'closed';

/**
 * Storage cannot be relied on any more. It is fatal for the groups concerned: after a failed flush nobody knows what of it
 * is durable (PostgreSQL's fsyncgate), so a caller ends the replica and never tries again.
 */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly fault: StorageFault;
  /** The group whose record it is; 0 when it concerns all. */
  readonly group: number;
  /** The index of the entry or snapshot; 0 when it is about none. */
  readonly index: number;

  constructor(
    fault: StorageFault,
    message: string,
    at: { readonly group?: number; readonly index?: number; readonly cause?: unknown } = {},
  ) {
    super(message, at.cause === undefined ? undefined : { cause: at.cause });
    this.fault = fault;
    this.group = at.group ?? 0;
    this.index = at.index ?? 0;
  }
}
