/** A replica, by the short id that it has for as long as its disk lives. 0 is nobody. */
export type ReplicaId = number;

/** What an entry holds. */
export const EntryKind = { command: 0, configuration: 1 } as const;
export type EntryKind = (typeof EntryKind)[keyof typeof EntryKind];

/** One entry of the log. Indexes begin at 1 and stay below 2^53; an empty command marks the begin of a term. */
export interface Entry {
  readonly index: number;
  readonly term: number;
  readonly kind: EntryKind;
  readonly data: Uint8Array;
}

/** What must survive a crash besides the log (Raft, figure 2). `commit` only saves work after a restart. */
export interface HardState {
  readonly term: number;
  /** Who got the vote in this term; 0 when nobody did. */
  readonly vote: ReplicaId;
  readonly commit: number;
}

/** The position of an entry. */
export interface LogPosition {
  readonly index: number;
  readonly term: number;
}

export const NO_DATA = new Uint8Array(0);

/** Bytes that an entry counts for in limits: its data and what a frame adds. */
export function sizeOf(entry: Entry): number {
  return entry.data.length + 16;
}
