import { acknowledge } from './acknowledgement.ts';
import type { AppendRequest, Heartbeat } from './message.ts';
import type { RaftState } from './raft-state.ts';
import { withoutData } from './replication.ts';

/** Takes entries from the leader of the own term; the acknowledgement leaves when they are durable. */
export function onAppendRequest(state: RaftState, request: AppendRequest): void {
  const { log } = state;
  const { from, prevIndex, entries } = request;
  if (prevIndex < log.commit && prevIndex + entries.length <= log.commit) {
    acknowledge(state, from, log.commit);
    return;
  }
  // What is committed here is in the leader's log as well: only what is behind it has to be compared.
  if (prevIndex >= log.commit && log.termAt(prevIndex) !== request.prevTerm) {
    const hint = log.positionBelow(prevIndex, request.prevTerm);
    state.send(from, {
      type: 'append-response',
      isOk: false,
      index: prevIndex,
      hintIndex: hint.index,
      hintTerm: hint.term,
    });
    return;
  }
  for (const entry of entries) {
    if (entry.index <= log.commit || log.termAt(entry.index) === entry.term) continue;
    if (entry.index <= log.lastIndex) log.truncateFrom(entry.index);
    log.append(state.isWitness ? withoutData(entry) : entry);
  }
  const last = prevIndex + entries.length;
  log.commitTo(Math.min(request.commit, last));
  acknowledge(state, from, Math.max(last, log.commit));
}

export function onHeartbeat(state: RaftState, { from, commit, round }: Heartbeat): void {
  state.log.commitTo(Math.min(commit, state.log.lastIndex));
  state.send(from, { type: 'heartbeat-response', round });
}
