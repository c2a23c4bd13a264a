import { type Configuration, isVoterOf } from '../configuration.ts';
import type { Check } from './check.ts';
import type { CommittedLog } from './committed-log.ts';
import type { ReplicaRecords } from './replica-records.ts';

/** Who votes for whom, and who leads. */
export class ElectionOracle {
  readonly #check: Check;
  readonly #replicas: ReplicaRecords;
  readonly #committed: CommittedLog;
  readonly #leaderOfTerm = new Map<number, string>();
  readonly #votes = new Map<string, string>();

  constructor(check: Check, replicas: ReplicaRecords, committed: CommittedLog) {
    this.#check = check;
    this.#replicas = replicas;
    this.#committed = committed;
  }

  get leaders(): number {
    return this.#leaderOfTerm.size;
  }

  becameLeader(id: string, term: number, configuration: Configuration): void {
    const replica = this.#replicas.of(id);
    replica.leaderTerm = term;
    const other = this.#leaderOfTerm.get(term);
    this.#leaderOfTerm.set(term, id);
    this.#check('ElectionSafety', other === undefined || other === id, () => `${other} and ${id} lead term ${term}`);
    const before = replica.configurations.upTo(replica.commit) ?? this.#committed.configurations.upTo(replica.commit);
    this.#check(
      'LeaderIsVoter',
      !replica.isWitness && [configuration, before].some((one) => one !== null && isVoterOf(one, id)),
      () => `${id} leads term ${term} of ${JSON.stringify(configuration)}`,
    );
    this.#check(
      'LeaderCompleteness',
      replica.log.has(this.#committed.before(term)),
      () =>
        `${id} leads term ${term} without entry ${this.#committed.before(term).index}, which is committed; its log ends at ${replica.log.lastIndex}`,
    );
    for (const voter of this.#replicas.all()) {
      const { log } = voter;
      const isMoreUpToDate =
        replica.log.lastTerm > log.lastTerm ||
        (replica.log.lastTerm === log.lastTerm && replica.log.lastIndex >= log.lastIndex);
      if (!isMoreUpToDate || voter.isDamaged) continue;
      this.#check(
        'MoreUpToDate',
        replica.log.has(this.#committed.at(voter.commit)),
        () => `${id} is more up to date than ${voter.id} and lacks its committed entry ${voter.commit}`,
      );
    }
  }

  steppedDown(id: string): void {
    this.#replicas.of(id).leaderTerm = 0;
  }

  termIs(id: string, term: number): void {
    const replica = this.#replicas.of(id);
    this.#check('TermMonotonic', term >= replica.term, () => `${id} goes from term ${replica.term} to ${term}`);
    replica.term = term;
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
    const { durableVote } = this.#replicas.of(id);
    this.#check(
      'VoteDurable',
      durableVote.term > term || (durableVote.term === term && durableVote.vote === candidate),
      () => `${id} answers with a vote for ${candidate} in term ${term}; on its disk is ${JSON.stringify(durableVote)}`,
    );
  }
}
