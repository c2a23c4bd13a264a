import type { Configuration, MemberChange } from '@peermesh/consensus';
import { type Candidate, chooseVoters } from './voter-choice.ts';

/** A member as the leader sees it. Times are ms of the leader's monotonic clock. */
export interface VoterView {
  readonly shortId: number;
  readonly region: string;
  readonly isDraining: boolean;
  /** Is about to be removed: gets no vote and loses the one that it has, unless it leads. */
  readonly isDeparting: boolean;
  /** When it was last lost; null while it is reachable. */
  readonly unreachableSinceMs: number | null;
  /** Whether it has everything that is committed. */
  readonly isCaughtUp: boolean;
}

export interface VoterSituation {
  readonly configuration: Configuration;
  readonly leader: number;
  readonly members: readonly VoterView[];
  readonly nowMs: number;
  /** How long a voter may be away before another one takes its place. */
  readonly graceMs: number;
}

/** Voters of a mesh with that many members: all of two, else an odd number, at most seven. */
export function voterTarget(memberCount: number): number {
  if (memberCount <= 2) return memberCount;
  return Math.min(7, memberCount % 2 === 0 ? memberCount - 1 : memberCount);
}

/** Who votes when these changes are made. */
export function votersAfter({ voters }: Configuration, changes: readonly MemberChange[]): readonly number[] {
  const after = new Set(voters);
  for (const { kind, replica } of changes)
    if (kind === 'add-voter') after.add(replica);
    else after.delete(replica);
  return [...after];
}

/**
 * The changes that bring the Raft configuration closer to the members, as one step; empty when all is well or a step is
 * under way. Every member gets the log; a learner gets a vote when it has caught up; a voter that drains, or has been away
 * for longer than the grace, gives its vote to a learner when one is ready, and keeps it otherwise, because taking it away
 * alone would make nothing safer. Whoever is about to be removed gives its vote away whether or not somebody can take it. The leader
 * keeps its vote: hand the lead over first.
 */
export function planVoters({ configuration, leader, members, nowMs, graceMs }: VoterSituation): MemberChange[] {
  if (configuration.outgoing.length > 0) return [];
  const known = new Set(members.map(({ shortId }) => shortId));
  const isVoter = new Set(configuration.voters);
  const inGroup = new Set([...configuration.voters, ...configuration.learners]);
  const changes: MemberChange[] = [];
  for (const replica of inGroup)
    if (!known.has(replica) && replica !== leader) changes.push({ kind: 'remove', replica });
  const staying = members.filter(({ shortId, isDeparting }) => !isDeparting || shortId === leader);
  for (const { shortId } of members)
    if (!staying.some((one) => one.shortId === shortId) && isVoter.has(shortId))
      changes.push({ kind: 'add-learner', replica: shortId });
  const candidates = staying
    .filter(({ shortId }) => inGroup.has(shortId))
    .map((view): Candidate => {
      const { shortId, region, isDraining, unreachableSinceMs, isCaughtUp } = view;
      const isVoting = isVoter.has(shortId);
      const isLost = unreachableSinceMs !== null && nowMs - unreachableSinceMs >= graceMs;
      const isReady = isCaughtUp && unreachableSinceMs === null && !isDraining;
      return { shortId, region, isVoting, isKept: shortId === leader, isFailing: isLost || isDraining, isReady };
    });
  const voters = chooseVoters(candidates, voterTarget(staying.length));
  for (const { shortId, isVoting } of candidates) {
    if (voters.has(shortId) && !isVoting) changes.push({ kind: 'add-voter', replica: shortId });
    if (!voters.has(shortId) && isVoting) changes.push({ kind: 'add-learner', replica: shortId });
  }
  for (const { shortId } of members) {
    if (!inGroup.has(shortId)) changes.push({ kind: 'add-learner', replica: shortId });
  }
  return changes;
}
