import type { RaftOptions } from '@peermesh/consensus';

/** Times of the control plane, ms. */
export interface PlaneConfig {
  /** One tick of Raft. */
  readonly tickMs: number;
  /** A request without an answer is sent again after this; with the same id, so that it is done once. */
  readonly retryMs: number;
  /** Between two looks at who should vote. */
  readonly voterPolicyMs: number;
  /** How long a voter may be away before another one takes its place. */
  readonly voterGraceMs: number;
  /** How long a member that was never heard of counts as reachable. */
  readonly benefitMs: number;
  readonly raft: Partial<RaftOptions>;
  /**
   * Idle ticks after which the group falls silent until it is asked for something or the failure detector misses a member; 0 for
   * never, so that a dead leader is missed within an election time also when nobody asks for anything.
   */
  readonly quiesceTicks: number;
  /** A snapshot is due after so many bytes of applied entries. */
  readonly snapshotBytes: number;
}

/** Elections after one to two seconds, heartbeats each 100 ms, a voter replaced after half a minute. */
export const DEFAULT_PLANE: PlaneConfig = {
  tickMs: 100,
  retryMs: 1_000,
  voterPolicyMs: 250,
  voterGraceMs: 30_000,
  benefitMs: 15_000,
  raft: {},
  quiesceTicks: 0,
  snapshotBytes: 16 * 1024 * 1024,
};
