import { InvariantRegistry } from '../invariant.ts';
import { type Configuration, isQuorum, isSame, isVoterOf, overlaps } from './configuration.ts';
import { ConfigurationLog } from './configuration-log.ts';
import { CONSENSUS_INVARIANTS, type ConsensusInvariant } from './invariants.ts';
import { COMMAND_KIND, hashEntry, type LogPosition, type ObservedEntry, ReplicaLog } from './replica-log.ts';

/** Term and vote, as they are on disk. */
export interface DurableVote {
  readonly term: number;
  readonly vote: string | null;
}

/** What the oracle knows of one replica: its log in memory, and what of it is on its disk. */
interface ReplicaRecord {
  readonly id: string;
  readonly isWitness: boolean;
  log: ReplicaLog;
  durable: ReplicaLog;
  readonly configurations: ConfigurationLog;
  durableVote: DurableVote;
  term: number;
  commit: number;
  applied: number;
  leaderTerm: number;
  isDamaged: boolean;
}

/** What a leader may hold above its limit: the entries that it makes itself. */
const ENTRY_BYTES = 400;
const POSITIONS_PER_INDEX = 1_048_576;

function positionKey({ index, term }: LogPosition): number {
  return index * POSITIONS_PER_INDEX + term;
}

/**
 * Sees everything at once and checks it as it happens: each call is one thing that a replica did. What a replica claims is
 * never believed where the disk can be looked at.
 */
export class ConsensusOracle {
  readonly registry = new InvariantRegistry<ConsensusInvariant>(CONSENSUS_INVARIANTS.map(({ name }) => name));
  readonly #replicas = new Map<string, ReplicaRecord>();
  readonly #leaderOfTerm = new Map<number, string>();
  readonly #votes = new Map<string, string>();
  /** Chain of terms, and hash of the entry, by index and term. */
  readonly #chains = new Map<number, number>();
  readonly #bodies = new Map<number, number>();
  /** Terms of what is committed; index 0 is the empty log. */
  readonly #committed: number[] = [0];
  /** The term in which each was. */
  readonly #commitTerms: number[] = [0];
  /** Hash of the machine after the entry of that index. */
  readonly #machineHashes = new Map<number, number>();
  #answered = 0;
  #configuration: { readonly index: number; readonly value: Configuration } | null = null;
  readonly #committedConfigurations = new ConfigurationLog();
  /** What configuration entries say, by index and term. */
  readonly #configurations = new Map<number, Configuration>();

  get commit(): number {
    return this.#committed.length - 1;
  }

  get configuration(): Configuration | null {
    return this.#configuration?.value ?? null;
  }

  get leaders(): number {
    return this.#leaderOfTerm.size;
  }

  add(id: string, isWitness: boolean): void {
    this.#replicas.set(id, {
      id,
      isWitness,
      log: new ReplicaLog(),
      durable: new ReplicaLog(),
      configurations: new ConfigurationLog(),
      durableVote: { term: 0, vote: null },
      term: 0,
      commit: 0,
      applied: 0,
      leaderTerm: 0,
      isDamaged: false,
    });
  }

  /** The disk of this replica is gone: it takes part in nothing any more. */
  damaged(id: string): void {
    this.#of(id).isDamaged = true;
  }

  /** The process started from its disk: what it remembers is what is durable. */
  restarted(id: string, snapshot: LogPosition | null, entries: readonly ObservedEntry[], vote: DurableVote): void {
    const replica = this.#of(id);
    replica.configurations.clear();
    for (const entry of entries) replica.configurations.put(entry.index, this.#configurationOf(entry));
    const durable = new ReplicaLog();
    if (snapshot !== null) durable.compact(snapshot, this.#chainOf(snapshot));
    for (const entry of entries) this.#matches(replica, entry, durable.put(entry.index, entry.term), true);
    this.#check(
      'TermMonotonic',
      vote.term >= replica.durableVote.term,
      () => `${id} forgot term ${replica.durableVote.term}`,
    );
    replica.durable = durable;
    replica.log = durable.copy();
    replica.durableVote = vote;
    replica.term = vote.term;
    replica.commit = snapshot?.index ?? 0;
    replica.applied = replica.commit;
    replica.leaderTerm = 0;
  }

  /** The log in memory changed: `entries` follow each other and replace whatever was from the first one on. */
  appended(
    id: string,
    entries: readonly ObservedEntry[],
    configurationOf: (entry: ObservedEntry) => Configuration | null,
  ): void {
    const replica = this.#of(id);
    for (const entry of entries) {
      const configuration = configurationOf(entry);
      if (configuration !== null) this.#configurations.set(positionKey(entry), configuration);
    }
    for (const entry of entries) {
      const { index, term } = entry;
      const { log } = replica;
      if (log.has(entry) && index <= log.lastIndex) continue;
      this.#check(
        'LogContiguous',
        index <= log.lastIndex + 1 && index > log.baseIndex && term >= (log.termAt(index - 1) ?? 0),
        () => `${id} appends ${index} of term ${term} after ${log.lastIndex} of term ${log.lastTerm}`,
      );
      if (index <= log.lastIndex) this.#truncating(replica, index);
      const chain = log.put(index, term);
      replica.configurations.put(index, this.#configurationOf(entry));
      this.#matches(replica, entry, chain, false);
    }
  }

  #configurationOf(entry: LogPosition): Configuration | null {
    return this.#configurations.get(positionKey(entry)) ?? null;
  }

  #truncating(replica: ReplicaRecord, index: number): void {
    this.#check(
      'LeaderAppendOnly',
      replica.leaderTerm === 0,
      () => `${replica.id} leads term ${replica.leaderTerm} and replaces its entry ${index}`,
    );
    this.#check(
      'CommittedNotTruncated',
      index > this.commit || replica.log.termAt(index) !== this.#committed[index],
      () => `${replica.id} removes entry ${index}, which is committed`,
    );
  }

  /**
   * Equal to what others have. What never was on a disk is not remembered: a single replica may lead before its term is
   * durable, and lead the same term again after a crash.
   */
  #matches(replica: ReplicaRecord, entry: ObservedEntry, chain: number, isDurable: boolean): void {
    const key = positionKey(entry);
    const known = this.#chains.get(key);
    if (known === undefined && isDurable) this.#chains.set(key, chain);
    this.#check(
      'LogMatching',
      known === undefined || known === chain,
      () => `${replica.id} has entry ${entry.index} of term ${entry.term} after a log that is not that of the others`,
    );
    if (replica.isWitness) return;
    const body = hashEntry(entry);
    const knownBody = this.#bodies.get(key);
    if (knownBody === undefined && isDurable) this.#bodies.set(key, body);
    this.#check(
      'LogMatching',
      knownBody === undefined || knownBody === body,
      () => `${replica.id} has another entry ${entry.index} in term ${entry.term}`,
    );
  }

  /** A write was fsynced. */
  persisted(id: string, entries: readonly ObservedEntry[], vote: DurableVote | null): void {
    const replica = this.#of(id);
    if (replica.isWitness)
      this.#check(
        'WitnessHoldsNoData',
        entries.every(({ kind, data }) => kind !== COMMAND_KIND || data.length === 0),
        () => `${id} stores payloads`,
      );
    for (const entry of entries) {
      const { index, term } = entry;
      if (index <= replica.durable.baseIndex || replica.durable.termAt(index) === term) continue;
      this.#matches(replica, entry, replica.durable.put(index, term), true);
    }
    if (vote === null) return;
    this.#check(
      'TermMonotonic',
      vote.term >= replica.durableVote.term,
      () => `${id} writes term ${vote.term} after ${replica.durableVote.term}`,
    );
    replica.durableVote = vote;
  }

  /** The replica holds a snapshot up to that entry, durably. */
  compacted(id: string, position: LogPosition): void {
    const replica = this.#of(id);
    const chain = this.#chainOf(position);
    if (!replica.log.has(position)) replica.configurations.clear();
    for (const log of [replica.log, replica.durable]) if (position.index > log.baseIndex) log.compact(position, chain);
    replica.commit = Math.max(replica.commit, position.index);
  }

  /** What a replica holds for durable, and who takes part by its account. */
  claims(id: string, durable: number, configuration: Configuration): void {
    const { log, durable: disk, configurations } = this.#of(id);
    const term = log.termAt(durable) ?? 0;
    this.#check(
      'DurableIsOnDisk',
      durable <= log.baseIndex || (disk.lastIndex >= durable && disk.has({ index: durable, term })),
      () =>
        `${id} holds entry ${durable} of term ${term} for durable; on its disk it is of term ${disk.termAt(durable)}`,
    );
    // A replica that joins later knows of no configuration until one comes.
    if (log.baseIndex === 0 && configuration.voters.length === 0) return;
    const expected = configurations.upTo(log.lastIndex) ?? this.#committedConfigurations.upTo(log.baseIndex);
    this.#check(
      'ConfigFromLog',
      expected === null || isSame(expected, configuration),
      () => `${id} goes by ${JSON.stringify(configuration)}; its log says ${JSON.stringify(expected)}`,
    );
  }

  becameLeader(id: string, term: number, configuration: Configuration): void {
    const replica = this.#of(id);
    replica.leaderTerm = term;
    const other = this.#leaderOfTerm.get(term);
    this.#leaderOfTerm.set(term, id);
    this.#check('ElectionSafety', other === undefined || other === id, () => `${other} and ${id} lead term ${term}`);
    const before = replica.configurations.upTo(replica.commit) ?? this.#committedConfigurations.upTo(replica.commit);
    this.#check(
      'LeaderIsVoter',
      !replica.isWitness && [configuration, before].some((one) => one !== null && isVoterOf(one, id)),
      () => `${id} leads term ${term} of ${JSON.stringify(configuration)}`,
    );
    this.#check(
      'LeaderCompleteness',
      replica.log.has(this.#committedBefore(term)),
      () =>
        `${id} leads term ${term} without entry ${this.#committedBefore(term).index}, which is committed; its log ends at ${replica.log.lastIndex}`,
    );
    for (const voter of this.#replicas.values()) {
      const { log } = voter;
      const isMoreUpToDate =
        replica.log.lastTerm > log.lastTerm ||
        (replica.log.lastTerm === log.lastTerm && replica.log.lastIndex >= log.lastIndex);
      if (!isMoreUpToDate || voter.isDamaged) continue;
      this.#check(
        'MoreUpToDate',
        replica.log.has({ index: voter.commit, term: this.#committed[voter.commit] as number }),
        () => `${id} is more up to date than ${voter.id} and lacks its committed entry ${voter.commit}`,
      );
    }
  }

  /** The last entry that a leader of an earlier term has committed. */
  #committedBefore(term: number): LogPosition {
    let index = this.commit;
    while (index > 0 && (this.#commitTerms[index] as number) >= term) index--;
    return { index, term: this.#committed[index] as number };
  }

  steppedDown(id: string): void {
    this.#of(id).leaderTerm = 0;
  }

  termIs(id: string, term: number): void {
    const replica = this.#of(id);
    this.#check('TermMonotonic', term >= replica.term, () => `${id} goes from term ${replica.term} to ${term}`);
    replica.term = term;
  }

  /** The commit index of a process moved. */
  committed(id: string, commit: number, configuration: Configuration): void {
    const replica = this.#of(id);
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
      this.#committed.push(replica.log.termAt(index) ?? 0);
      this.#commitTerms.push(replica.term);
    }
    this.#check(
      'StateMachineSafety',
      term === undefined || term === this.#committed[commit],
      () => `${id} commits entry ${commit} of term ${term}, others have committed term ${this.#committed[commit]}`,
    );
    if (commit < from) return;
    this.#check(
      'CommittedIsDurable',
      isQuorum(configuration, (voter) => this.#heldDurably(voter, { index: commit, term: term as number })),
      () => `${id} commits ${commit}, which is on the disks of ${this.#holders(commit).join(', ') || 'nobody'}`,
    );
  }

  /** An entry was applied; `machineHash` is that of the machine afterwards. */
  applied(id: string, entry: ObservedEntry, machineHash: number): void {
    const replica = this.#of(id);
    this.#check(
      'ApplyInOrder',
      entry.index === replica.applied + 1 && entry.index <= this.commit,
      () => `${id} applies ${entry.index} after ${replica.applied}; committed are ${this.commit}`,
    );
    replica.applied = entry.index;
    const body = this.#bodies.get(entry.index * POSITIONS_PER_INDEX + (this.#committed[entry.index] as number));
    const known = this.#machineHashes.get(entry.index);
    if (known === undefined) this.#machineHashes.set(entry.index, machineHash);
    this.#check(
      'StateMachineSafety',
      entry.term === this.#committed[entry.index] &&
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
    const replica = this.#of(id);
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

  /** A leader holds that many bytes that are not committed. */
  uncommitted(id: string, bytes: number, bytesMax: number): void {
    this.#check(
      'UncommittedBounded',
      bytes <= bytesMax + ENTRY_BYTES,
      () => `${id} holds ${bytes} of ${bytesMax} bytes`,
    );
  }

  /** A configuration took effect with the entry at `index`. */
  configured(index: number, configuration: Configuration): void {
    if (this.#configuration !== null && index <= this.#configuration.index) return;
    const before = this.#configuration?.value;
    this.#configuration = { index, value: configuration };
    this.#committedConfigurations.put(index, configuration);
    this.#check(
      'ConfigOverlap',
      before === undefined || overlaps(before, configuration),
      () => `${JSON.stringify(before)} and ${JSON.stringify(configuration)} have quorums without a common member`,
    );
  }

  /** A vote left the node. */
  voted(id: string, term: number, candidate: string): void {
    const key = `${id}@${term}`;
    const other = this.#votes.get(key);
    this.#votes.set(key, candidate);
    this.#check(
      'VoteOnce',
      other === undefined || other === candidate,
      () => `${id} votes for ${other} and ${candidate} in term ${term}`,
    );
    const { durableVote } = this.#of(id);
    this.#check(
      'VoteDurable',
      durableVote.term > term || (durableVote.term === term && durableVote.vote === candidate),
      () => `${id} answers with a vote for ${candidate} in term ${term}; on its disk is ${JSON.stringify(durableVote)}`,
    );
  }

  /** Term of an entry in the log as it is in memory; 0 when it is not there, or below a snapshot. */
  termOf(id: string, index: number): number {
    return this.#of(id).log.termAt(index) ?? 0;
  }

  /**
   * An acknowledgement of everything up to `index` leaves the node; its entry had `term` when it was acknowledged. That a
   * later leader has replaced it meanwhile is no harm: such an entry cannot be committed any more.
   */
  acknowledged(id: string, index: number, term: number): void {
    const { durable } = this.#of(id);
    this.#check(
      'AckDurable',
      index <= durable.baseIndex || (durable.termAt(index) ?? 0) >= term || durable.lastTerm > term,
      () =>
        `${id} acknowledges ${index} of term ${term}; on its disk the log ends at ${durable.lastIndex} of term ${durable.lastTerm}`,
    );
    this.#check(
      'AckDurable',
      index <= durable.lastIndex || durable.lastTerm > term,
      () => `${id} acknowledges ${index}; on its disk the log ends at ${durable.lastIndex}`,
    );
  }

  /** Replicas stopped or lost disks: what is committed is still safe. */
  quorumHoldsCommitted(): void {
    const { commit, configuration } = this;
    if (configuration === null || commit === 0) return;
    const position = { index: commit, term: this.#committed[commit] as number };
    const lacks = (id: string): boolean => !this.#isDamaged(id) && !this.#holdsDurably(id, position);
    this.#check(
      'QuorumLog',
      !isQuorum(configuration, lacks),
      () =>
        `a quorum of ${configuration.voters.join(', ')} does not have entry ${commit} on disk: only ${this.#holders(commit).join(', ')} have`,
    );
  }

  /** The chain over all terms up to that entry, as whoever has it knows it. */
  #chainOf({ index, term }: LogPosition): number {
    return this.#chains.get(index * POSITIONS_PER_INDEX + term) ?? 0;
  }

  appliedOf(id: string): number {
    return this.#of(id).applied;
  }

  #holders(index: number): string[] {
    const position = { index, term: this.#committed[index] as number };
    return [...this.#replicas.keys()].filter((id) => this.#holdsDurably(id, position));
  }

  #isDamaged(id: string): boolean {
    return this.#replicas.get(id)?.isDamaged ?? false;
  }

  #holdsDurably(id: string, position: LogPosition): boolean {
    return !this.#isDamaged(id) && this.#heldDurably(id, position);
  }

  /** Whether it is on a disk, or was when that disk was lost: whoever lost it never votes again, so what it said holds. */
  #heldDurably(id: string, position: LogPosition): boolean {
    const durable = this.#replicas.get(id)?.durable;
    return durable !== undefined && durable.has(position) && position.index <= durable.lastIndex;
  }

  #of(id: string): ReplicaRecord {
    const replica = this.#replicas.get(id);
    if (replica === undefined) throw new Error(`the oracle does not know ${id}`);
    return replica;
  }

  #check(name: ConsensusInvariant, holds: boolean, detail: () => string): void {
    this.registry.check(name, holds, detail);
  }
}
