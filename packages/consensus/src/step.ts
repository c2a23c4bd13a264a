import { campaign, onVoteRequest, onVoteResponse } from './election.ts';
import { onAppendRequest, onHeartbeat } from './following.ts';
import type { Message } from './message.ts';
import type { RaftState } from './raft-state.ts';
import { onHeartbeatResponse } from './read-index.ts';
import { onAppendResponse } from './replication.ts';
import { onSnapshotChunk, onSnapshotResponse } from './snapshot-transfer.ts';

/** Takes a message of another replica, of whatever term. */
export function step(state: RaftState, message: Message): void {
  if (message.to !== state.id || message.from === state.id) return;
  if (message.term < state.term) onEarlierTerm(state, message);
  else if (message.term === state.term || onLaterTerm(state, message)) dispatch(state, message);
}

/** @returns whether the message is to be looked at */
function onLaterTerm(state: RaftState, message: Message): boolean {
  if (message.type === 'vote-request') {
    const hasLeader = state.leader !== 0 && state.electionElapsed < state.options.electionTicks;
    // Whoever hears of a leader elects no other, so that nobody who is cut off or removed can disturb (dissertation, 4.2.3).
    if (hasLeader && !message.isTransfer) return false;
    if (message.isPre) return true;
  }
  // The answer to a pre-vote carries the term that would be, not one that is.
  if (message.type === 'vote-response' && message.isPre && message.isGranted) return true;
  state.becomeFollower(message.term, isFromLeader(message) ? message.from : 0);
  return true;
}

function onEarlierTerm(state: RaftState, message: Message): void {
  if (isFromLeader(message)) {
    // A leader that does not know of the later term hears of it, and whoever is stuck in a later term gets back in.
    const nothing = { isOk: false, index: 0, hintIndex: 0, hintTerm: 0 };
    state.send(message.from, { type: 'append-response', ...nothing });
  } else if (message.type === 'vote-request' && message.isPre) {
    state.send(message.from, { type: 'vote-response', isPre: true, isGranted: false });
  }
}

function isFromLeader({ type }: Message): boolean {
  return type === 'append-request' || type === 'heartbeat' || type === 'snapshot-chunk';
}

function dispatch(state: RaftState, message: Message): void {
  if (isFromLeader(message)) {
    if (state.role !== 'follower' || state.leader !== message.from) state.becomeFollower(message.term, message.from);
    state.electionElapsed = 0;
  }
  switch (message.type) {
    case 'vote-request':
      return onVoteRequest(state, message);
    case 'vote-response':
      return onVoteResponse(state, message);
    case 'append-request':
      return onAppendRequest(state, message);
    case 'append-response':
      return onAppendResponse(state, message);
    case 'heartbeat':
      return onHeartbeat(state, message);
    case 'heartbeat-response':
      return onHeartbeatResponse(state, message);
    case 'snapshot-chunk':
      return onSnapshotChunk(state, message);
    case 'snapshot-response':
      return onSnapshotResponse(state, message);
    case 'timeout-now':
      if (state.role === 'follower') campaign(state, 'transfer');
  }
}
