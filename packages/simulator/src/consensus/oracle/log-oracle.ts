import { type Configuration, isSame } from '../configuration.ts';
import { COMMAND_KIND, type LogPosition, type ObservedEntry, ReplicaLog } from '../replica-log.ts';
import type { Check } from './check.ts';
import type { CommittedLog } from './committed-log.ts';
import type { EntryBook } from './entry-book.ts';
import type { DurableVote, ReplicaRecord, ReplicaRecords } from './replica-records.ts';

/** The logs of all replicas, in memory and on their disks, and what replicas say of them. */
export class LogOracle {
  readonly #check: Check;
  readonly #replicas: ReplicaRecords;
  readonly #entries: EntryBook;
  readonly #committed: CommittedLog;

  constructor(check: Check, replicas: ReplicaRecords, entries: EntryBook, committed: CommittedLog) {
    this.#check = check;
    this.#replicas = replicas;
    this.#entries = entries;
    this.#committed = committed;
  }

  /** The process started from its disk: what it remembers is what is durable. */
  restarted(id: string, snapshot: LogPosition | null, entries: readonly ObservedEntry[], vote: DurableVote): void {
    const replica = this.#replicas.of(id);
    replica.configurations.clear();
    for (const entry of entries) replica.configurations.put(entry.index, this.#entries.configurationOf(entry));
    const durable = new ReplicaLog();
    if (snapshot !== null) durable.compact(snapshot, this.#entries.chainOf(snapshot));
    for (const entry of entries) this.#entries.matches(replica, entry, durable.put(entry.index, entry.term), true);
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
    const replica = this.#replicas.of(id);
    for (const entry of entries) {
      const configuration = configurationOf(entry);
      if (configuration !== null) this.#entries.says(entry, configuration);
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
      replica.configurations.put(index, this.#entries.configurationOf(entry));
      this.#entries.matches(replica, entry, chain, false);
    }
  }

  #truncating(replica: ReplicaRecord, index: number): void {
    this.#check(
      'LeaderAppendOnly',
      replica.leaderTerm === 0,
      () => `${replica.id} leads term ${replica.leaderTerm} and replaces its entry ${index}`,
    );
    this.#check(
      'CommittedNotTruncated',
      index > this.#committed.index || replica.log.termAt(index) !== this.#committed.termAt(index),
      () => `${replica.id} removes entry ${index}, which is committed`,
    );
  }

  /** A write was fsynced. */
  persisted(id: string, entries: readonly ObservedEntry[], vote: DurableVote | null): void {
    const replica = this.#replicas.of(id);
    if (replica.isWitness)
      this.#check(
        'WitnessHoldsNoData',
        entries.every(({ kind, data }) => kind !== COMMAND_KIND || data.length === 0),
        () => `${id} stores payloads`,
      );
    for (const entry of entries) {
      const { index, term } = entry;
      if (index <= replica.durable.baseIndex || replica.durable.termAt(index) === term) continue;
      this.#entries.matches(replica, entry, replica.durable.put(index, term), true);
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
    const replica = this.#replicas.of(id);
    const chain = this.#entries.chainOf(position);
    if (!replica.log.has(position)) replica.configurations.clear();
    for (const log of [replica.log, replica.durable]) if (position.index > log.baseIndex) log.compact(position, chain);
    replica.commit = Math.max(replica.commit, position.index);
  }

  /** What a replica holds for durable, and who takes part by its account. */
  claims(id: string, durable: number, configuration: Configuration): void {
    const { log, durable: disk, configurations } = this.#replicas.of(id);
    const term = log.termAt(durable) ?? 0;
    this.#check(
      'DurableIsOnDisk',
      durable <= log.baseIndex || (disk.lastIndex >= durable && disk.has({ index: durable, term })),
      () =>
        `${id} holds entry ${durable} of term ${term} for durable; on its disk it is of term ${disk.termAt(durable)}`,
    );
    // A replica that joins later knows of no configuration until one comes.
    if (log.baseIndex === 0 && configuration.voters.length === 0) return;
    const expected = configurations.upTo(log.lastIndex) ?? this.#committed.configurations.upTo(log.baseIndex);
    this.#check(
      'ConfigFromLog',
      expected === null || isSame(expected, configuration),
      () => `${id} goes by ${JSON.stringify(configuration)}; its log says ${JSON.stringify(expected)}`,
    );
  }

  /** Term of an entry in the log as it is in memory; 0 when it is not there, or below a snapshot. */
  termOf(id: string, index: number): number {
    return this.#replicas.of(id).log.termAt(index) ?? 0;
  }

  /**
   * An acknowledgement of everything up to `index` leaves the node; its entry had `term` when it was acknowledged. That a
   * later leader has replaced it meanwhile is no harm: such an entry cannot be committed any more.
   */
  acknowledged(id: string, index: number, term: number): void {
    const { durable } = this.#replicas.of(id);
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
}
