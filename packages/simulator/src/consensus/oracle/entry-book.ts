import type { Configuration } from '../configuration.ts';
import { hashEntry, type LogPosition, type ObservedEntry } from '../replica-log.ts';
import type { Check } from './check.ts';
import type { ReplicaRecord } from './replica-records.ts';

const POSITIONS_PER_INDEX = 1_048_576;

function positionKey({ index, term }: LogPosition): number {
  return index * POSITIONS_PER_INDEX + term;
}

/** Every entry that was ever on a disk, by index and term: the same place in two logs is the same entry after the same log. */
export class EntryBook {
  readonly #check: Check;
  /** Chain of terms, and hash of the entry. */
  readonly #chains = new Map<number, number>();
  readonly #bodies = new Map<number, number>();
  readonly #configurations = new Map<number, Configuration>();

  constructor(check: Check) {
    this.#check = check;
  }

  /** What a configuration entry says. */
  says(entry: LogPosition, configuration: Configuration): void {
    this.#configurations.set(positionKey(entry), configuration);
  }

  configurationOf(entry: LogPosition): Configuration | null {
    return this.#configurations.get(positionKey(entry)) ?? null;
  }

  /** The chain over all terms up to that entry, as whoever has it knows it. */
  chainOf(position: LogPosition): number {
    return this.#chains.get(positionKey(position)) ?? 0;
  }

  bodyOf(position: LogPosition): number | undefined {
    return this.#bodies.get(positionKey(position));
  }

  /**
   * Equal to what others have. What never was on a disk is not remembered: a single replica may lead before its term is
   * durable, and lead the same term again after a crash.
   */
  matches(replica: ReplicaRecord, entry: ObservedEntry, chain: number, isDurable: boolean): void {
    const key = positionKey(entry);
    this.#check(
      'LogMatching',
      agrees(this.#chains, key, chain, isDurable),
      () => `${replica.id} has entry ${entry.index} of term ${entry.term} after a log that is not that of the others`,
    );
    if (replica.isWitness) return;
    this.#check(
      'LogMatching',
      agrees(this.#bodies, key, hashEntry(entry), isDurable),
      () => `${replica.id} has another entry ${entry.index} in term ${entry.term}`,
    );
  }
}

/** Whether a place is unknown or holds that; it is kept from the first time that it was on a disk. */
function agrees(book: Map<number, number>, key: number, value: number, isDurable: boolean): boolean {
  const known = book.get(key);
  if (known === undefined && isDurable) book.set(key, value);
  return known === undefined || known === value;
}
