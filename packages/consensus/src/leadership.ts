import { isElectable } from './configuration.ts';
import { campaign } from './election.ts';
import type { ReplicaId } from './entry.ts';
import { hasQuorum } from './quorum.ts';
import type { RaftState } from './raft-state.ts';
import { broadcastHeartbeats } from './read-index.ts';
import { sendAppends } from './replication.ts';
import { tickTransfers } from './snapshot-transfer.ts';

/** One tick of whatever role this replica has. @param isWriting something is on its way to the disk */
export function tick(state: RaftState, isWriting: boolean): void {
  state.stalledTicks = isWriting ? state.stalledTicks + 1 : 0;
  const isStalled = state.stalledTicks > state.options.electionTicks;
  state.electionElapsed += 1;
  if (state.role === 'leader') tickLeader(state, isStalled);
  else if (state.electionElapsed >= state.electionTimeout) {
    state.electionElapsed = 0;
    // Whoever cannot stand for election has lost its leader all the same: it may have been removed while it was away.
    if (!state.isElectable) state.leader = 0;
    // A replica whose disk stands still could keep neither a vote nor an entry.
    if (!isStalled) campaign(state, 'pre');
  }
}

function tickLeader(state: RaftState, isStalled: boolean): void {
  const { electionTicks, heartbeatTicks } = state.options;
  if (isStalled) {
    state.becomeFollower(state.term, 0);
    return;
  }
  if (state.transferTarget !== 0) {
    state.transferTicks += 1;
    if (state.transferTicks >= electionTicks) state.transferTarget = 0;
  }
  if (state.electionElapsed >= electionTicks) {
    state.electionElapsed = 0;
    if (!checkQuorum(state)) return;
  }
  state.heartbeatElapsed += 1;
  if (state.heartbeatElapsed < heartbeatTicks) return;
  state.heartbeatElapsed = 0;
  tickTransfers(state);
  broadcastHeartbeats(state);
}

/** A leader that a quorum has not answered for an election timeout leads nobody (dissertation, 6.2). */
function checkQuorum(state: RaftState): boolean {
  const isReached = hasQuorum(
    state.configuration,
    (replica) => replica === state.id || state.progress.get(replica)?.isActive === true,
  );
  for (const progress of state.progress.values()) progress.isActive = false;
  if (!isReached) state.becomeFollower(state.term, 0);
  return isReached;
}

/** Begins to hand the lead over; new entries are refused until it has passed or an election timeout is over. */
export function transferTo(state: RaftState, target: ReplicaId): boolean {
  const progress = state.progress.get(target);
  if (state.role !== 'leader' || progress === undefined || target === state.id) return false;
  if (!isElectable(state.configuration, target)) return false;
  state.transferTarget = target;
  state.transferTicks = 0;
  if (progress.match === state.log.lastIndex) state.send(target, { type: 'timeout-now' });
  else sendAppends(state, target);
  return true;
}
