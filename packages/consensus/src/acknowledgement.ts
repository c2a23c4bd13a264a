import type { RaftState } from './raft-state.ts';

/** Says that everything up to `index` is durable, as soon as it is. */
export function acknowledge(state: RaftState, to: number, index: number): void {
  state.sendDurably(to, { type: 'append-response', isOk: true, index, hintIndex: 0, hintTerm: 0 });
}
