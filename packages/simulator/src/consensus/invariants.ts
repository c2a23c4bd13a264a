import type { Invariant } from '../invariant.ts';

const statements = {
  ElectionSafety: 'at most one leader is elected in a term (Raft, 5.2; etcd MoreThanOneLeaderInv)',
  LeaderIsVoter:
    'only a voter of its own configuration, or of the one that it knows to be committed, never a learner or a witness, becomes leader',
  LeaderCompleteness: 'a new leader has every committed entry (Raft, 5.4; etcd LeaderCompletenessInv)',
  MoreUpToDate:
    'a new leader has what every node that is less up to date knows to be committed (etcd MoreUpToDateCorrectInv)',
  LeaderAppendOnly: 'a leader never overwrites or removes entries of its log (Raft, 5.3)',
  LogMatching: 'logs with an entry of the same index and term are equal up to it (Raft, 5.3; etcd LogMatchingInv)',
  LogContiguous: 'a log has no gap and its terms never decrease (etcd LogInv)',
  CommittedNotTruncated: 'no node removes an entry that it has that is committed',
  StateMachineSafety: 'all replicas apply the same entry at an index, by a hash chain (Raft, 5.4.3)',
  ApplyInOrder: 'entries are applied once, without gaps, and never before they are committed',
  CommitMonotonic: 'the commit index of a process never goes back and never passes its log',
  CommittedIsDurable: 'a committed entry is fsynced on a quorum of the configuration (etcd CommittedIsDurableInv)',
  QuorumLog:
    'every quorum of the newest committed configuration has a member with all committed entries on its disk (etcd QuorumLogInv)',
  NoOldTermCommit: 'a leader commits entries of its own term only, older ones with them (Raft, 5.4.2, figure 8)',
  VoteDurable: 'a vote is on disk before its answer leaves',
  VoteOnce: 'a replica votes for one candidate in a term, also across restarts',
  TermMonotonic: 'the term of a replica never goes back, also across restarts',
  AckDurable: 'an acknowledged entry is on the disk of the one that acknowledges',
  DurableIsOnDisk: 'what a replica counts as its own durable log is on its disk',
  ConfigFromLog:
    'the configuration of a replica is the newest one in its log, committed or not (Raft dissertation, 4.1)',
  ConfigOverlap: 'quorums of successive configurations overlap; one change at a time is open (Raft dissertation, 4)',
  ReadIndexFresh: 'a read sees everything that was acknowledged before it was asked',
  SnapshotEqualsReplay: 'a snapshot holds what applying the log up to its index gives',
  WitnessHoldsNoData: 'a witness stores no data of commands',
  UncommittedBounded: 'who takes a command holds no more uncommitted bytes than configured, and one entry',
  StalledLeaderSteps:
    'a leader whose own log stalls for more than two election timeouts is leader no more (hashicorp/raft#503)',
  NoCrash: 'the core never throws',
  Linearizable: 'the history of all clients is linearizable, by key (Herlihy & Wing)',
  LeaderAfterHeal: 'within four election timeouts after the last fault all nodes agree on a leader',
  CaughtUpAfterHeal: 'within ten seconds after the last fault every node has applied what is committed',
  WritableAfterHeal: 'within ten seconds after the last fault a write succeeds',
  MembershipSettles: 'every change of membership that was asked for is carried out by the end',
} as const;

export type ConsensusInvariant = keyof typeof statements;

export const CONSENSUS_INVARIANTS: readonly (Invariant & { readonly name: ConsensusInvariant })[] = Object.entries(
  statements,
).map(([name, statement]) => ({ name: name as ConsensusInvariant, statement }));
