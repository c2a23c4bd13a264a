import { EntryKind, NO_DATA, type ReplicaId } from './entry.ts';
import type { VoteRequest, VoteResponse } from './message.ts';
import { voteResult } from './quorum.ts';
import type { RaftState } from './raft-state.ts';
import { appendOwn, broadcastAppends } from './replication.ts';

/**
 * Stands for election: first it asks whether it would be elected, and raises its term only then (pre-vote), so that a
 * replica that was cut off disturbs nobody when it is back.
 */
export function campaign(state: RaftState, kind: 'pre' | 'real' | 'transfer'): void {
  if (!state.isElectable) return;
  const isPre = kind === 'pre';
  state.becomeFollower(isPre ? state.term : state.term + 1, 0);
  state.role = isPre ? 'pre-candidate' : 'candidate';
  const { lastIndex, lastTerm } = state.log;
  const body = { type: 'vote-request', isPre, lastIndex, lastTerm, isTransfer: kind === 'transfer' } as const;
  const others = state.others();
  if (isPre) {
    state.votes.set(state.id, true);
    for (const to of others) state.send(to, body, state.term + 1);
    decide(state);
    return;
  }
  // A request tells of this replica's log and term: neither may be forgotten by a crash while answers are on their way.
  state.vote = state.id;
  state.ownVoteTerm = state.term;
  for (const to of others) state.sendDurably(to, body);
}

/** The own vote is durable and counts. */
export function countOwnVote(state: RaftState, term: number): void {
  if (state.role !== 'candidate' || state.term !== term) return;
  state.votes.set(state.id, true);
  decide(state);
}

/** Answers a request of a term that is not below the own one. */
export function onVoteRequest(state: RaftState, request: VoteRequest): void {
  const { from, isPre, term } = request;
  const isFree = state.vote === from || (state.vote === 0 && state.leader === 0) || (isPre && term > state.term);
  const isUpToDate = state.log.isUpToDate({ index: request.lastIndex, term: request.lastTerm });
  const isGranted = isFree && isUpToDate;
  const body = { type: 'vote-response', isPre, isGranted } as const;
  if (!isGranted) state.send(from, body);
  else if (isPre) state.send(from, body, term);
  else {
    state.electionElapsed = 0;
    state.vote = from;
    state.sendDurably(from, body);
  }
}

export function onVoteResponse(state: RaftState, { from, isPre, isGranted }: VoteResponse): void {
  const awaited = isPre ? 'pre-candidate' : 'candidate';
  if (state.role !== awaited || state.votes.has(from)) return;
  state.votes.set(from, isGranted);
  decide(state);
}

function decide(state: RaftState): void {
  const result = voteResult(state.configuration, (replica: ReplicaId) => state.votes.get(replica));
  if (result === 'lost') state.becomeFollower(state.term, 0);
  if (result !== 'won') return;
  if (state.role === 'pre-candidate') campaign(state, 'real');
  else becomeLeader(state);
}

function becomeLeader(state: RaftState): void {
  state.becomeFollower(state.term, state.id);
  state.role = 'leader';
  state.round = 0;
  state.stalledTicks = 0;
  state.trackMembers();
  const own = state.progress.get(state.id);
  if (own !== undefined) own.match = state.log.durable;
  // Entries of earlier terms are committed with this one (Raft, 5.4.2).
  appendOwn(state, EntryKind.command, NO_DATA);
  broadcastAppends(state);
}
