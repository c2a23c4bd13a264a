import type { LogPosition } from '../entry.ts';
import { ProposalError, type ProposalFailure } from './proposal-error.ts';

/** What a command came to. */
export interface Applied<Result> {
  readonly index: number;
  /** Undefined for a change of members. */
  readonly result: Result | undefined;
}

/** Whoever waits for what a command comes to. */
export interface Proposer<Result> {
  readonly resolve: (applied: Applied<Result>) => void;
  readonly reject: (error: ProposalError) => void;
}

interface Waiting<Result> {
  readonly term: number;
  readonly deadlineTick: number;
  readonly proposer: Proposer<Result>;
}

/** Proposals that were taken and have not come out yet, by the index that they were given. */
export class PendingProposals<Result> {
  readonly #byIndex = new Map<number, Waiting<Result>>();

  get size(): number {
    return this.#byIndex.size;
  }

  add({ index, term }: LogPosition, deadlineTick: number, proposer: Proposer<Result>): void {
    // Whoever waited for that index was replaced in this log; another replica may have kept it and may still commit it.
    this.#fail(index, 'outcome-unknown');
    this.#byIndex.set(index, { term, deadlineTick, proposer });
  }

  /** That position is committed and applied. */
  applied({ index, term }: LogPosition, result: Result | undefined): void {
    const waiting = this.#byIndex.get(index);
    if (waiting === undefined) return;
    this.#byIndex.delete(index);
    if (waiting.term === term) waiting.proposer.resolve({ index, result });
    else waiting.proposer.reject(new ProposalError('lost'));
  }

  /** A snapshot stands for everything up to that index: what is in it cannot be told. */
  skipped(index: number): void {
    for (const at of this.#byIndex.keys()) if (at <= index) this.#fail(at, 'outcome-unknown');
  }

  /** Those that have waited for too long; they were added in the order of their deadlines. */
  expire(tick: number): void {
    for (const [index, { deadlineTick }] of this.#byIndex) {
      if (deadlineTick > tick) return;
      this.#fail(index, 'outcome-unknown');
    }
  }

  failAll(reason: ProposalFailure): void {
    for (const index of this.#byIndex.keys()) this.#fail(index, reason);
  }

  #fail(index: number, reason: ProposalFailure): void {
    const waiting = this.#byIndex.get(index);
    this.#byIndex.delete(index);
    waiting?.proposer.reject(new ProposalError(reason));
  }
}
