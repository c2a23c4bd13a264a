import { acknowledge } from './acknowledgement.ts';
import { NO_DATA, type ReplicaId } from './entry.ts';
import type { SnapshotChunk, SnapshotResponse } from './message.ts';
import type { Progress } from './progress.ts';
import type { IncomingSnapshot, RaftState } from './raft-state.ts';

/** A follower needs entries that are gone: it gets the newest snapshot, unless it seems to be away. */
export function beginSnapshot(state: RaftState, to: ReplicaId, progress: Progress): void {
  if (state.source === null || !progress.isActive) return;
  progress.send(state.source);
  sendChunk(state, to, progress);
}

function sendChunk(state: RaftState, to: ReplicaId, { transfer }: Progress): void {
  if (transfer === null) return;
  const { source, offset } = transfer;
  const isForWitness = state.configuration.witnesses.includes(to);
  transfer.waitedTicks = 0;
  state.send(to, {
    type: 'snapshot-chunk',
    index: source.index,
    snapshotTerm: source.term,
    configuration: source.configuration,
    offset,
    totalBytes: isForWitness ? 0 : source.totalBytes,
    data: isForWitness ? NO_DATA : source.read(offset, state.options.snapshotChunkBytes),
  });
}

/** A piece that was not answered is sent again; a follower that is away is probed once it is heard of again. */
export function tickTransfers(state: RaftState): void {
  for (const [replica, progress] of state.progress) {
    const { transfer } = progress;
    if (transfer === null) continue;
    transfer.waitedTicks += 1;
    if (!progress.isActive) progress.probeFrom(progress.match + 1);
    else if (transfer.waitedTicks >= state.options.snapshotRetryTicks) sendChunk(state, replica, progress);
  }
}

export function onSnapshotResponse(state: RaftState, { from, index, offset }: SnapshotResponse): void {
  const progress = state.progress.get(from);
  if (progress === undefined || state.role !== 'leader') return;
  progress.isActive = true;
  const { transfer } = progress;
  if (transfer === null || transfer.source.index !== index || offset > transfer.source.totalBytes) return;
  // An answer for an older piece: what was sent since is on its way.
  if (offset === transfer.offset && offset !== 0) return;
  transfer.offset = offset;
  if (offset < transfer.source.totalBytes) sendChunk(state, from, progress);
}

/** Takes a piece; the last one makes the snapshot this replica's log. */
export function onSnapshotChunk(state: RaftState, chunk: SnapshotChunk): void {
  const { log } = state;
  const { from, index, snapshotTerm: term } = chunk;
  if (index <= log.commit) {
    state.incoming = null;
    acknowledge(state, from, log.commit);
    return;
  }
  if (log.termAt(index) === term) {
    log.commitTo(index);
    acknowledge(state, from, index);
    return;
  }
  const incoming = incomingFor(state, chunk);
  if (chunk.offset === incoming.offset) {
    incoming.chunks.push(chunk.data);
    incoming.offset += chunk.data.length;
  }
  state.send(from, { type: 'snapshot-response', index, offset: incoming.offset });
  if (incoming.offset >= incoming.totalBytes) install(state, incoming);
}

function incomingFor(state: RaftState, chunk: SnapshotChunk): IncomingSnapshot {
  const { incoming } = state;
  const isSame =
    incoming?.from === chunk.from &&
    incoming.meta.index === chunk.index &&
    incoming.meta.term === chunk.snapshotTerm &&
    incoming.totalBytes === chunk.totalBytes;
  if (isSame) return incoming;
  const meta = { index: chunk.index, term: chunk.snapshotTerm, configuration: chunk.configuration };
  state.incoming = { from: chunk.from, meta, totalBytes: chunk.totalBytes, chunks: [], offset: 0 };
  return state.incoming;
}

function install(state: RaftState, { from, meta, chunks }: IncomingSnapshot): void {
  state.incoming = null;
  state.messagesAfterPersist = state.messagesAfterPersist.filter(({ type }) => type !== 'append-response');
  state.log.restore(meta);
  state.installed = { ...meta, data: state.isWitness ? NO_DATA : Buffer.concat(chunks) };
  acknowledge(state, from, meta.index);
}
