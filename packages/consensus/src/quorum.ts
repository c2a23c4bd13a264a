import type { Configuration } from './configuration.ts';
import type { ReplicaId } from './entry.ts';

/** What an election has come to. */
export type VoteResult = 'won' | 'pending' | 'lost';

/** The highest index that a quorum has, in each half of a joint configuration. */
export function quorumIndex(configuration: Configuration, matchOf: (replica: ReplicaId) => number): number {
  const incoming = majorityIndex(configuration.voters, matchOf);
  return Math.min(incoming, majorityIndex(configuration.outgoing, matchOf));
}

/** Whether those for whom `has` holds are a quorum. */
export function hasQuorum(configuration: Configuration, has: (replica: ReplicaId) => boolean): boolean {
  return quorumIndex(configuration, (replica) => (has(replica) ? 1 : 0)) >= 1 && configuration.voters.length > 0;
}

/** @param voteOf true for a vote, false for a refusal, undefined for silence */
export function voteResult(
  configuration: Configuration,
  voteOf: (replica: ReplicaId) => boolean | undefined,
): VoteResult {
  if (hasQuorum(configuration, (replica) => voteOf(replica) === true)) return 'won';
  return hasQuorum(configuration, (replica) => voteOf(replica) !== false) ? 'pending' : 'lost';
}

function majorityIndex(voters: readonly ReplicaId[], matchOf: (replica: ReplicaId) => number): number {
  if (voters.length === 0) return Number.MAX_SAFE_INTEGER;
  const matches = voters.map(matchOf).sort((one, other) => other - one);
  return matches[Math.floor(voters.length / 2)] ?? 0;
}
