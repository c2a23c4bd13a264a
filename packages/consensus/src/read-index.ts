import type { HeartbeatResponse } from './message.ts';
import { hasQuorum } from './quorum.ts';
import type { RaftState } from './raft-state.ts';
import { sendAppends } from './replication.ts';

/**
 * Notes a read: it sees the commit index of now, once a quorum has confirmed that nobody else leads (dissertation, 6.4).
 * No clock is trusted. @returns false when this replica does not lead or does not know yet what is committed
 */
export function readIndex(state: RaftState, context: string): boolean {
  const { log } = state;
  if (state.role !== 'leader' || log.termAt(log.commit) !== state.term) return false;
  state.round += state.isRoundDue ? 0 : 1;
  state.isRoundDue = true;
  state.pendingReads.push({ context, index: log.commit, round: state.round });
  return true;
}

/** Asks for confirmation of all reads that came since the last time, at once. */
export function sendDueRound(state: RaftState): void {
  if (!state.isRoundDue || state.role !== 'leader') return;
  state.isRoundDue = false;
  broadcastHeartbeats(state);
  confirmReads(state);
}

export function broadcastHeartbeats(state: RaftState): void {
  state.isRoundDue = false;
  for (const [replica, progress] of state.progress) {
    if (replica === state.id) continue;
    state.send(replica, {
      type: 'heartbeat',
      commit: Math.min(progress.match, state.log.commit),
      round: state.round,
    });
  }
}

export function onHeartbeatResponse(state: RaftState, { from, round }: HeartbeatResponse): void {
  const progress = state.progress.get(from);
  if (progress === undefined || state.role !== 'leader') return;
  progress.isActive = true;
  progress.round = Math.max(progress.round, round);
  if (progress.match < state.log.lastIndex || progress.state === 'probe') {
    progress.freeOne();
    sendAppends(state, from, true);
  }
  confirmReads(state);
}

export function confirmReads(state: RaftState): void {
  const { configuration, pendingReads } = state;
  let confirmed = 0;
  for (const read of pendingReads) {
    const has = (replica: number): boolean =>
      replica === state.id || (state.progress.get(replica)?.round ?? 0) >= read.round;
    if (!hasQuorum(configuration, has)) break;
    state.readStates.push({ context: read.context, index: read.index });
    confirmed += 1;
  }
  if (confirmed > 0) state.pendingReads = pendingReads.slice(confirmed);
}
