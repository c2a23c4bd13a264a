import { encodeConfiguration, isElectable, isJoint, left } from './configuration.ts';
import { type Entry, EntryKind, NO_DATA, type ReplicaId } from './entry.ts';
import type { AppendResponse } from './message.ts';
import type { Progress } from './progress.ts';
import { quorumIndex } from './quorum.ts';
import type { RaftState } from './raft-state.ts';
import { beginSnapshot } from './snapshot-transfer.ts';

/** Puts an entry of the leader's own term into its log. */
export function appendOwn(state: RaftState, kind: EntryKind, data: Uint8Array): Entry {
  const entry = { index: state.log.lastIndex + 1, term: state.term, kind, data };
  state.log.append(entry);
  if (kind === EntryKind.configuration) state.trackMembers();
  return entry;
}

export function broadcastAppends(state: RaftState): void {
  for (const replica of state.progress.keys()) if (replica !== state.id) sendAppends(state, replica);
}

/** Sends a follower all that it may get now. @param evenEmpty one request even without entries, to see where logs match */
export function sendAppends(state: RaftState, to: ReplicaId, evenEmpty = false): void {
  const progress = state.progress.get(to);
  if (progress === undefined) return;
  const { log, options } = state;
  let mayBeEmpty = evenEmpty || progress.state === 'probe';
  while (progress.canSend(options.inFlightMax) && (mayBeEmpty || progress.next <= log.lastIndex)) {
    const prevIndex = progress.next - 1;
    const prevTerm = log.termAt(prevIndex);
    if (prevTerm === undefined) {
      beginSnapshot(state, to, progress);
      return;
    }
    mayBeEmpty = false;
    const entries = log.slice(progress.next, options.appendBytesMax);
    const sent = state.configuration.witnesses.includes(to) ? entries.map(withoutData) : entries;
    state.send(to, { type: 'append-request', prevIndex, prevTerm, entries: sent, commit: log.commit });
    const last = entries.at(-1)?.index;
    if (last !== undefined || progress.state === 'probe') progress.sent(last ?? prevIndex);
  }
}

/** A witness keeps positions only; configurations it needs, to know who votes. */
export function withoutData(entry: Entry): Entry {
  return entry.kind === EntryKind.configuration || entry.data.length === 0 ? entry : { ...entry, data: NO_DATA };
}

export function onAppendResponse(state: RaftState, response: AppendResponse): void {
  const progress = state.progress.get(response.from);
  if (progress === undefined || state.role !== 'leader') return;
  progress.isActive = true;
  if (response.isOk) onAcknowledged(state, response.from, progress, response.index);
  else {
    // The follower's term at the hint bounds where the logs may match: entries of higher terms are skipped at once.
    const hint = state.log.positionBelow(response.hintIndex, response.hintTerm).index;
    if (progress.refused(response.index, hint)) sendAppends(state, response.from, true);
  }
}

function onAcknowledged(state: RaftState, from: ReplicaId, progress: Progress, index: number): void {
  const isNews = progress.acknowledged(index);
  if (progress.state === 'probe') progress.replicate();
  else if (progress.state === 'snapshot' && progress.match >= state.log.baseIndex) progress.replicate();
  if (isNews) advanceCommit(state);
  sendAppends(state, from);
  if (from === state.transferTarget && progress.match === state.log.lastIndex)
    state.send(from, { type: 'timeout-now' });
}

/** The leader's own log is durable further than before. */
export function onOwnDurable(state: RaftState): void {
  const own = state.progress.get(state.id);
  if (state.role !== 'leader' || own === undefined) return;
  if (own.acknowledged(state.log.durable)) advanceCommit(state);
}

/** Commits what a quorum has on disk, when it is of the leader's own term (Raft, 5.4.2). */
export function advanceCommit(state: RaftState): void {
  const { log } = state;
  const reached = quorumIndex(state.configuration, (replica) => state.progress.get(replica)?.match ?? 0);
  const index = Math.min(reached, log.lastIndex);
  if (log.termAt(index) !== state.term || !log.commitTo(index)) return;
  onCommitted(state);
  state.isCommitDue = state.role === 'leader';
}

/** Followers learn of it with the next entries, or, when there are none, by an empty request. */
export function broadcastCommit(state: RaftState): void {
  for (const [replica, progress] of state.progress) {
    if (replica === state.id) continue;
    const isIdle = progress.next > state.log.lastIndex;
    sendAppends(state, replica, isIdle && progress.state === 'replicate');
  }
}

function onCommitted(state: RaftState): void {
  const { log, configuration } = state;
  if (log.configurationIndex > log.commit) return;
  if (isJoint(configuration)) {
    appendOwn(state, EntryKind.configuration, encodeConfiguration(left(configuration)));
    broadcastAppends(state);
  } else if (!isElectable(configuration, state.id)) {
    broadcastCommit(state);
    state.becomeFollower(state.term, 0);
  }
}
