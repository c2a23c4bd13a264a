import { isJoint } from './configuration.ts';
import type { ReplicaId } from './entry.ts';
import type { Heartbeat } from './message.ts';
import { hasQuorum } from './quorum.ts';
import type { RaftState } from './raft-state.ts';

/**
 * Whether a leader has nothing to do: everything is committed, handed out and known to all that are not away, and these are a
 * quorum. Then the group may fall silent, as in CockroachDB (quiescence): nobody ticks until something happens.
 */
export function isAtRest(state: RaftState, isAway: (replica: ReplicaId) => boolean): boolean {
  const { log, progress, configuration } = state;
  const { lastIndex } = log;
  if (state.role !== 'leader' || state.pendingReads.length > 0 || state.transferTarget !== 0) return false;
  if (log.commit !== lastIndex || log.handedOut !== lastIndex || log.durable !== lastIndex) return false;
  if (isJoint(configuration) || log.termAt(lastIndex) !== state.term) return false;
  const has = (replica: ReplicaId): boolean => {
    if (replica === state.id) return true;
    const known = progress.get(replica);
    return known?.state === 'replicate' && known.match === lastIndex;
  };
  for (const replica of progress.keys()) if (!isAway(replica) && !has(replica)) return false;
  return hasQuorum(configuration, (replica) => !isAway(replica) && has(replica));
}

/** Whether a follower may fall silent with its leader: it has everything, and nothing came in between. */
export function isInStep(state: RaftState, { from, term, commit }: Heartbeat): boolean {
  const { log } = state;
  if (state.role !== 'follower' || state.leader !== from || state.term !== term) return false;
  return log.commit === commit && log.lastIndex === commit && log.durable === commit && log.handedOut === commit;
}
