import { InvariantRegistry } from '../../invariant.ts';
import { type Configuration, isQuorum, overlaps } from '../configuration.ts';
import { CONSENSUS_INVARIANTS, type ConsensusInvariant } from '../invariants.ts';
import { hashEntry, type ObservedEntry } from '../replica-log.ts';
import type { Check } from './check.ts';
import { CommittedLog } from './committed-log.ts';
import { ElectionOracle } from './election-oracle.ts';
import { EntryBook } from './entry-book.ts';
import { LogOracle } from './log-oracle.ts';
import { ReplicaRecords } from './replica-records.ts';

/** What a leader may hold above its limit: the entries that it makes itself. */
const ENTRY_BYTES = 400;

/**
 * Sees everything at once and checks it as it happens: each call is one thing that a replica did. What a replica claims is
 * never believed where the disk can be looked at.
 */
export class ConsensusOracle {
  readonly registry = new InvariantRegistry<ConsensusInvariant>(CONSENSUS_INVARIANTS.map(({ name }) => name));
  readonly #check: Check = (name, holds, detail) => this.registry.check(name, holds, detail);
  readonly #replicas = new ReplicaRecords();
  readonly #committed = new CommittedLog();
  readonly #entries = new EntryBook(this.#check);
  readonly logs = new LogOracle(this.#check, this.#replicas, this.#entries, this.#committed);
  readonly elections = new ElectionOracle(this.#check, this.#replicas, this.#committed);
  /** Hash of the machine after the entry of that index. */
  readonly #machineHashes = new Map<number, number>();
  #answered = 0;

  get commit(): number {
    return this.#committed.index;
  }

  get configuration(): Configuration | null {
    return this.#committed.configuration;
  }

  add(id: string, isWitness: boolean): void {
    this.#replicas.add(id, isWitness);
  }

  /** The disk of this replica is gone: it takes part in nothing any more. */
  damaged(id: string): void {
    this.#replicas.of(id).isDamaged = true;
  }

  /** The commit index of a process moved. */
  committed(id: string, commit: number, configuration: Configuration): void {
    const replica = this.#replicas.of(id);
    this.#check(
      'CommitMonotonic',
      commit >= replica.commit && commit <= replica.log.lastIndex,
      () => `${id} commits ${commit} after ${replica.commit}, its log ends at ${replica.log.lastIndex}`,
    );
    replica.commit = commit;
    const term = replica.log.termAt(commit);
    if (replica.leaderTerm !== 0 && commit > this.commit) {
      this.#check(
        'NoOldTermCommit',
        term === replica.leaderTerm,
        () => `${id} leads term ${replica.leaderTerm} and commits entry ${commit} of term ${term}`,
      );
    }
    const from = this.commit + 1;
    for (let index = from; index <= commit; index++) {
      this.#committed.add(replica.log.termAt(index) ?? 0, replica.term);
    }
    this.#check(
      'StateMachineSafety',
      term === undefined || term === this.#committed.termAt(commit),
      () =>
        `${id} commits entry ${commit} of term ${term}, others have committed term ${this.#committed.termAt(commit)}`,
    );
    if (commit < from) return;
    this.#check(
      'CommittedIsDurable',
      isQuorum(configuration, (voter) => this.#replicas.heldDurably(voter, { index: commit, term: term as number })),
      () =>
        `${id} commits ${commit}, which is on the disks of ${this.#replicas.holders(this.#committed.at(commit)).join(', ') || 'nobody'}`,
    );
  }

  /** An entry was applied; `machineHash` is that of the machine afterwards. */
  applied(id: string, entry: ObservedEntry, machineHash: number): void {
    const replica = this.#replicas.of(id);
    this.#check(
      'ApplyInOrder',
      entry.index === replica.applied + 1 && entry.index <= this.commit,
      () => `${id} applies ${entry.index} after ${replica.applied}; committed are ${this.commit}`,
    );
    replica.applied = entry.index;
    const body = this.#entries.bodyOf(this.#committed.at(entry.index));
    const known = this.#machineHashes.get(entry.index);
    if (known === undefined) this.#machineHashes.set(entry.index, machineHash);
    this.#check(
      'StateMachineSafety',
      entry.term === this.#committed.termAt(entry.index) &&
        body === hashEntry(entry) &&
        (known === undefined || known === machineHash),
      () => `${id} applies another entry ${entry.index} than the others, or gets another state`,
    );
  }

  /** A machine was restored from a snapshot, or a snapshot was made of it. */
  snapshotted(id: string, index: number, machineHash: number): void {
    const known = this.#machineHashes.get(index);
    this.#check(
      'SnapshotEqualsReplay',
      known === undefined ? index === 0 : known === machineHash,
      () => `the snapshot of ${id} at ${index} is not what replaying the log gives`,
    );
    const replica = this.#replicas.of(id);
    replica.applied = Math.max(replica.applied, index);
  }

  /** A client got the answer to the command at `index`. */
  answered(index: number): void {
    this.#answered = Math.max(this.#answered, index);
  }

  /** The highest index that a client has an answer to. */
  get acknowledgedIndex(): number {
    return this.#answered;
  }

  /** A read was allowed at `index`, which was asked for when clients had answers up to `askedAfter`. */
  readAllowed(id: string, index: number, askedAfter: number): void {
    this.#check(
      'ReadIndexFresh',
      index >= askedAfter,
      () => `${id} allows a read at ${index}; when it was asked, ${askedAfter} had been acknowledged`,
    );
  }

  /** A leader that took a command holds that many bytes that are not committed. */
  uncommitted(id: string, bytes: number, bytesMax: number): void {
    this.#check(
      'UncommittedBounded',
      bytes <= bytesMax + ENTRY_BYTES,
      () => `${id} holds ${bytes} of ${bytesMax} bytes`,
    );
  }

  /** A configuration took effect with the entry at `index`. */
  configured(index: number, configuration: Configuration): void {
    const before = this.#committed.configured(index, configuration);
    if (before === null) return;
    this.#check(
      'ConfigOverlap',
      before === undefined || overlaps(before, configuration),
      () => `${JSON.stringify(before)} and ${JSON.stringify(configuration)} have quorums without a common member`,
    );
  }

  /** Replicas stopped or lost disks: what is committed is still safe. */
  quorumHoldsCommitted(): void {
    const { commit, configuration } = this;
    if (configuration === null || commit === 0) return;
    const position = this.#committed.at(commit);
    const lacks = (id: string): boolean => !this.#replicas.isDamaged(id) && !this.#replicas.heldDurably(id, position);
    this.#check(
      'QuorumLog',
      !isQuorum(configuration, lacks),
      () =>
        `a quorum of ${configuration.voters.join(', ')} does not have entry ${commit} on disk: only ${this.#replicas.holders(position).join(', ')} have`,
    );
  }

  appliedOf(id: string): number {
    return this.#replicas.of(id).applied;
  }
}
