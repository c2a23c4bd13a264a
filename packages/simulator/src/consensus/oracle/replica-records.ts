import { ConfigurationLog } from '../configuration-log.ts';
import { type LogPosition, ReplicaLog } from '../replica-log.ts';

/** Term and vote, as they are on disk. */
export interface DurableVote {
  readonly term: number;
  readonly vote: string | null;
}

/** What the oracle knows of one replica: its log in memory, and what of it is on its disk. */
export interface ReplicaRecord {
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

/** All replicas that ever were. */
export class ReplicaRecords {
  readonly #records = new Map<string, ReplicaRecord>();

  add(id: string, isWitness: boolean): void {
    this.#records.set(id, {
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

  of(id: string): ReplicaRecord {
    const record = this.#records.get(id);
    if (record === undefined) throw new Error(`the oracle does not know ${id}`);
    return record;
  }

  all(): IterableIterator<ReplicaRecord> {
    return this.#records.values();
  }

  isDamaged(id: string): boolean {
    return this.#records.get(id)?.isDamaged ?? false;
  }

  holdsDurably(id: string, position: LogPosition): boolean {
    return !this.isDamaged(id) && this.heldDurably(id, position);
  }

  /** Whether it is on a disk, or was when that disk was lost: whoever lost it never votes again, so what it said holds. */
  heldDurably(id: string, position: LogPosition): boolean {
    const durable = this.#records.get(id)?.durable;
    return durable !== undefined && durable.has(position) && position.index <= durable.lastIndex;
  }

  holders(position: LogPosition): string[] {
    return [...this.#records.keys()].filter((id) => this.holdsDurably(id, position));
  }
}
