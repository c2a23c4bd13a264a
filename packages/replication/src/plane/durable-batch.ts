import type { LogWrite, Snapshot } from '@peermesh/consensus';

/** The number of the control group among the Raft groups of a node. */
export const CONTROL_GROUP_ID = 1;

/** What is to be written before anything that depends on it leaves. Batches are written in the order of their numbers. */
export interface DurableBatch {
  /** Counts up; given back by `persisted`. */
  readonly number: number;
  /** Kept in place of older ones, before the log is written. */
  readonly snapshot: Snapshot | null;
  readonly write: LogWrite | null;
  /** Entries up to this index, included, may be forgotten after the rest is durable; null for none. */
  readonly compactTo: number | null;
}
