import type { ReplicaId } from '../entry.ts';
import { ProposalError, type ProposalFailure } from './proposal-error.ts';

interface Round {
  readonly term: number;
  readonly deadlineTick: number;
  readonly promise: Promise<number>;
  readonly resolve: (index: number) => void;
  readonly reject: (error: ProposalError) => void;
  index: number | null;
}

/** Reads that wait for the leader to be confirmed, then for their index to be applied. Those of one turn share a round. */
export class PendingReads {
  readonly #rounds = new Map<string, Round>();
  #open: string | null = null;
  #contexts = 0;

  /** The round that a read may still join, since nobody was asked yet. */
  get open(): Promise<number> | null {
    return this.#open === null ? null : (this.#rounds.get(this.#open)?.promise ?? null);
  }

  nextContext(): string {
    this.#contexts += 1;
    return String(this.#contexts);
  }

  begin(context: string, term: number, deadlineTick: number): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#rounds.set(context, { term, deadlineTick, promise, resolve, reject, index: null });
    this.#open = context;
    return promise;
  }

  /** The question is about to leave. */
  close(): void {
    this.#open = null;
  }

  confirmed(context: string, index: number, applied: number): void {
    const round = this.#rounds.get(context);
    if (round === undefined) return;
    round.index = index;
    this.applied(applied);
  }

  applied(applied: number): void {
    for (const [context, { index, resolve }] of this.#rounds) {
      if (index === null || index > applied) continue;
      this.#rounds.delete(context);
      resolve(applied);
    }
  }

  /** Rounds of a leader that leads no more, or not in the term that they were asked in, are over. */
  leading(term: number | null, leader: ReplicaId): void {
    for (const [context, round] of this.#rounds)
      if (round.index === null && round.term !== term) this.#fail(context, 'not-leader', leader);
  }

  expire(tick: number): void {
    for (const [context, { deadlineTick }] of this.#rounds) if (deadlineTick <= tick) this.#fail(context, 'not-leader');
  }

  failAll(reason: ProposalFailure): void {
    for (const context of this.#rounds.keys()) this.#fail(context, reason);
  }

  #fail(context: string, reason: ProposalFailure, leader: ReplicaId = 0): void {
    const round = this.#rounds.get(context);
    this.#rounds.delete(context);
    if (this.#open === context) this.#open = null;
    round?.reject(new ProposalError(reason, leader));
  }
}
