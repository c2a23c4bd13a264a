import { LEADER, type RaftState } from './raft-state.ts';

/** The rule that a state of the model breaks, or null: those of figure 3 of the Raft paper. */
export function violationOf(state: RaftState): string | null {
  const { servers, committed, commitTerms } = state;
  for (const [at, left] of servers.entries()) {
    if (left.commit > left.log.length) return 'CommitWithinLog';
    for (let index = 0; index < left.commit; index++)
      if (left.log[index] !== committed[index]) return 'StateMachineSafety';
    if (left.role === LEADER) {
      for (let index = 0; index < committed.length; index++)
        if ((commitTerms[index] as number) < left.term && left.log[index] !== committed[index])
          return 'LeaderCompleteness';
    }
    for (const right of servers.slice(at + 1)) {
      if (left.role === LEADER && right.role === LEADER && left.term === right.term) return 'ElectionSafety';
      let isEqual = true;
      for (let index = 0; index < Math.min(left.log.length, right.log.length); index++) {
        const isSame = left.log[index] === right.log[index];
        if (isSame && !isEqual) return 'LogMatching';
        isEqual &&= isSame;
      }
    }
  }
  return isDurable(state) ? null : 'CommittedIsDurable';
}

/** What is committed is on the disks of a majority of all, or of both voters of the smaller configuration. */
function isDurable({ servers, committed }: RaftState): boolean {
  if (committed.length === 0) return true;
  const holders = servers.filter(
    ({ log, durable }) => durable >= committed.length && committed.every((entry, index) => log[index] === entry),
  ).length;
  return holders >= 2;
}
