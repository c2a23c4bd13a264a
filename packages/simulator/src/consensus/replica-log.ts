import { hashSeed } from '../random.ts';

/** What the oracle keeps of one entry. `chain` covers all entries up to it, `body` is the hash of the entry itself. */
export interface LogPosition {
  readonly index: number;
  readonly term: number;
}

/** An entry as the core hands it out, in the terms of the simulation. */
export interface ObservedEntry extends LogPosition {
  readonly kind: number;
  readonly data: Uint8Array;
}

/** Entries that a core marks as commands of the state machine. */
export const COMMAND_KIND = 0;

/** Hash of what an entry holds. */
export function hashEntry({ term, kind, data }: ObservedEntry): number {
  let hash = (0x811c9dc5 ^ Math.imul(term, 0x9e3779b1) ^ kind) >>> 0;
  for (const byte of data) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

/** The terms of one replica's log after its snapshot, and a chain over them. */
export class ReplicaLog {
  #baseIndex = 0;
  #baseTerm = 0;
  #baseChain = 0;
  #terms: number[] = [];
  #chains: number[] = [];

  get lastIndex(): number {
    return this.#baseIndex + this.#terms.length;
  }

  get baseIndex(): number {
    return this.#baseIndex;
  }

  get lastTerm(): number {
    return this.#terms.at(-1) ?? this.#baseTerm;
  }

  /** Undefined outside of the log; entries that a snapshot covers are outside, its last one is inside. */
  termAt(index: number): number | undefined {
    return index === this.#baseIndex ? this.#baseTerm : this.#terms[index - this.#baseIndex - 1];
  }

  chainAt(index: number): number | undefined {
    return index === this.#baseIndex ? this.#baseChain : this.#chains[index - this.#baseIndex - 1];
  }

  /** Whether the log has that entry, in itself or below its snapshot. */
  has({ index, term }: LogPosition): boolean {
    return index <= this.#baseIndex || this.termAt(index) === term;
  }

  /** Replaces everything from `index` on by one entry; the chain of terms goes on from its predecessor. */
  put(index: number, term: number): number {
    const at = index - this.#baseIndex - 1;
    this.#terms.length = at;
    this.#chains.length = at;
    const before = this.#chains.at(-1) ?? this.#baseChain;
    const chain = hashSeed(before, `${index}:${term}`);
    this.#terms.push(term);
    this.#chains.push(chain);
    return chain;
  }

  /** Forgets entries up to the snapshot's last one; all of them when the log does not hold that. */
  compact({ index, term }: LogPosition, chain: number): void {
    const keeps = this.termAt(index) === term && index >= this.#baseIndex;
    const from = keeps ? index - this.#baseIndex : this.#terms.length;
    this.#terms = this.#terms.slice(from);
    this.#chains = this.#chains.slice(from);
    this.#baseIndex = index;
    this.#baseTerm = term;
    this.#baseChain = chain;
  }

  copy(): ReplicaLog {
    const copy = new ReplicaLog();
    copy.#baseIndex = this.#baseIndex;
    copy.#baseTerm = this.#baseTerm;
    copy.#baseChain = this.#baseChain;
    copy.#terms = [...this.#terms];
    copy.#chains = [...this.#chains];
    return copy;
  }
}
