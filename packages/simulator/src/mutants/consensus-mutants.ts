import type { Mutant } from './mutant.ts';

const CORE = 'packages/consensus/src';

function bug(id: string, provenance: string, file: string, find: string, replace: string): Mutant {
  return { id, provenance, core: 'consensus', file: `${CORE}/${file}`, find, replace, seedsMax: 500 };
}

const ELECTION_BUGS: readonly Mutant[] = [
  bug(
    'vote-before-fsync',
    'Raft, figure 2: state is updated on stable storage before responding; MadRaft exercise bugs',
    'election.ts',
    '    state.vote = from;\n    state.sendDurably(from, body);',
    '    state.vote = from;\n    state.send(from, body);',
  ),
  bug(
    'own-vote-before-fsync',
    'etcd-io/raft#8 discussion: with asynchronous storage writes a candidate must not count a vote that is not durable',
    'election.ts',
    '  for (const to of others) state.sendDurably(to, body);',
    '  for (const to of others) state.send(to, body);\n  countOwnVote(state, state.term);',
  ),
  bug(
    'vote-ignores-log',
    'Raft, 5.4.1: election restriction',
    'election.ts',
    'const isGranted = isFree && isUpToDate;',
    'const isGranted = isFree;',
  ),
  bug(
    'votes-twice',
    'Raft, 5.2: at most one vote in a term; JRaft and liferaft had it',
    'election.ts',
    'state.vote === from || (state.vote === 0 && state.leader === 0)',
    'state.leader === 0',
  ),
  bug(
    'vote-compares-index-only',
    'unshiftio/liferaft: the vote compared log lengths and not terms',
    'raft-log.ts',
    'return term > this.lastTerm || (term === this.lastTerm && index >= this.lastIndex);',
    'return index >= this.lastIndex;',
  ),
  bug(
    'forgets-vote-on-restart',
    'Raft, figure 2: votedFor is persistent; hashicorp/raft kept it only in memory before 2014',
    'raft-state.ts',
    'this.vote = init.hardState.vote;',
    'this.vote = 0;',
  ),
  bug(
    'quorum-of-half',
    'Majorities of an even number: half of four is no majority',
    'quorum.ts',
    'matches[Math.floor(voters.length / 2)]',
    'matches[Math.floor((voters.length - 1) / 2)]',
  ),
];

const LOG_BUGS: readonly Mutant[] = [
  bug(
    'ack-before-fsync',
    'Jepsen on NATS 2.12.1 (2025): acknowledged before fsync, lost by power loss',
    'acknowledgement.ts',
    "state.sendDurably(to, { type: 'append-response'",
    "state.send(to, { type: 'append-response'",
  ),
  bug(
    'truncates-without-conflict',
    "MIT 6.824 students' guide to Raft: a late append request must not truncate what matches",
    'following.ts',
    'if (entry.index <= log.commit || log.termAt(entry.index) === entry.term) continue;',
    'if (entry.index <= log.commit) continue;',
  ),
  bug(
    'commits-beyond-its-log',
    'Raft, figure 2: commitIndex = min(leaderCommit, index of last new entry); etcd: "tocommit is out of range [lastIndex]"',
    'following.ts',
    'log.commitTo(Math.min(request.commit, last));',
    'log.commitTo(request.commit);',
  ),
  bug(
    'heartbeat-commit-unbounded',
    'etcd raft: a heartbeat carries min(match, commit), or followers commit what they do not have',
    'read-index.ts',
    'commit: Math.min(progress.match, state.log.commit)',
    'commit: state.log.commit',
  ),
  bug(
    'appends-anywhere',
    'Raft, 5.3: consistency check of the preceding entry',
    'following.ts',
    'log.termAt(prevIndex) !== request.prevTerm',
    'prevIndex > log.lastIndex',
  ),
  bug(
    'commits-old-term',
    'Raft, 5.4.2 and figure 8',
    'replication.ts',
    'if (log.termAt(index) !== state.term || !log.commitTo(index)) return;',
    'if (!log.commitTo(index)) return;',
  ),
  bug(
    'counts-itself-unfsynced',
    'Raft dissertation, 10.2.1: the leader may write in parallel, and counts itself only when it is durable',
    'replication.ts',
    'own.acknowledged(state.log.durable)',
    'own.acknowledged(state.log.lastIndex)',
  ),
  bug(
    'durable-survives-truncation',
    'etcd-io/raft#8: the ABA problem of asynchronous appends',
    'raft-log.ts',
    '    this.durable = Math.min(this.durable, index - 1);\n',
    '',
  ),
  bug(
    'replaced-entries-not-written',
    'etcd raft unstable.truncateAndAppend: the offset has to go back, or replaced entries never reach the disk',
    'raft-log.ts',
    '    this.taken = Math.min(this.taken, index - 1);\n',
    '',
  ),
];

const READ_BUGS: readonly Mutant[] = [
  bug(
    'reads-without-quorum',
    'etcd-io/etcd#20418: stale read from a leader that was paused',
    'read-index.ts',
    'if (!hasQuorum(configuration, has)) break;',
    'has(0);',
  ),
  bug(
    'reads-before-own-commit',
    'Raft dissertation, 6.4: a new leader does not know what is committed before its own first entry is',
    'read-index.ts',
    "if (state.role !== 'leader' || log.termAt(log.commit) !== state.term) return false;",
    "if (state.role !== 'leader') return false;",
  ),
  bug(
    'reads-share-an-old-round',
    'etcd raft readOnly: a confirmation of an earlier heartbeat says nothing about a later read',
    'read-index.ts',
    'state.round += state.isRoundDue ? 0 : 1;',
    'state.round += 0;',
  ),
];

const SNAPSHOT_BUGS: readonly Mutant[] = [
  bug(
    'snapshot-goes-back',
    'etcd raft restore: a snapshot behind the commit index, or of what the log has, is ignored',
    'snapshot-transfer.ts',
    `  if (index <= log.commit) {
    state.incoming = null;
    acknowledge(state, from, log.commit);
    return;
  }
  if (log.termAt(index) === term) {
    log.commitTo(index);
    acknowledge(state, from, index);
    return;
  }
`,
    '',
  ),
  bug(
    'snapshot-chunk-twice',
    'Raft, figure 13: pieces have an offset, and one that comes twice counts once',
    'snapshot-transfer.ts',
    'if (chunk.offset === incoming.offset) {',
    'if (chunk.offset >= 0) {',
  ),
];

const CONFIGURATION_BUGS: readonly Mutant[] = [
  bug(
    'configuration-at-commit',
    'Raft dissertation, 4.1: a server uses the latest configuration in its log, committed or not',
    'raft-log.ts',
    'return this.#newest().configuration;',
    'return this.configurationAt(this.commit);',
  ),
  bug(
    'configuration-not-rolled-back',
    'Raft dissertation, 4.1: a configuration that is truncated falls back to the one before',
    'raft-log.ts',
    '    while (this.#newest().index >= index) this.#configurations.pop();\n',
    '',
  ),
  bug(
    'joint-needs-one-half',
    'Raft, 6: joint consensus needs majorities of both configurations',
    'quorum.ts',
    'return Math.min(incoming, majorityIndex(configuration.outgoing, matchOf));',
    'return incoming;',
  ),
];

/** Bugs of Raft implementations, put back into packages/consensus. */
export const CONSENSUS_MUTANTS: readonly Mutant[] = [
  ...ELECTION_BUGS,
  ...LOG_BUGS,
  ...READ_BUGS,
  ...SNAPSHOT_BUGS,
  ...CONFIGURATION_BUGS,
];
