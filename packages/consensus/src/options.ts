/** Limits and times of a replica; times are in ticks. */
export interface RaftOptions {
  /** An election begins after one to two of these without a leader. */
  readonly electionTicks: number;
  readonly heartbeatTicks: number;
  /** Append requests under way to one follower. */
  readonly inFlightMax: number;
  /** Bytes of entries in one append request. */
  readonly appendBytesMax: number;
  /** Bytes of entries that are proposed and not committed; one entry always fits. */
  readonly uncommittedBytesMax: number;
  /** Bytes of entries that are handed out at once to be applied. */
  readonly applyBytesMax: number;
  /** Bytes in one piece of a snapshot. */
  readonly snapshotChunkBytes: number;
  /** A piece of a snapshot without an answer is sent again after this. */
  readonly snapshotRetryTicks: number;
}

/** For ticks of 100 ms: elections after one to two seconds, heartbeats each 100 ms. */
export const DEFAULT_OPTIONS: RaftOptions = {
  electionTicks: 10,
  heartbeatTicks: 1,
  inFlightMax: 256,
  appendBytesMax: 256 * 1024,
  uncommittedBytesMax: 64 * 1024 * 1024,
  applyBytesMax: 4 * 1024 * 1024,
  snapshotChunkBytes: 256 * 1024,
  snapshotRetryTicks: 5,
};

/** @throws RangeError that names every option that makes no sense */
export function optionsOf(changes: Partial<RaftOptions>): RaftOptions {
  const options = { ...DEFAULT_OPTIONS, ...changes };
  const bad = Object.entries(options).filter(([, value]) => !Number.isSafeInteger(value) || value < 1);
  if (bad.length > 0) throw new RangeError(`not a whole number above 0: ${bad.map(([name]) => name).join(', ')}`);
  if (options.electionTicks <= options.heartbeatTicks)
    throw new RangeError('electionTicks must be above heartbeatTicks');
  return options;
}
