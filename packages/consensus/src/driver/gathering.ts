import type { Applied, Proposer } from './pending-proposals.ts';
import { ProposalError, type ProposalFailure } from './proposal-error.ts';

/** Whoever waits for a command that the group has not been given yet. */
export interface Held<Result> {
  readonly data: Uint8Array;
  readonly proposer: Proposer<Result>;
}

/** Commands under way from which on those that come later wait for them. Below it each leaves at once. */
const UNDER_WAY_MIN = 16;

/**
 * Commands of one group that wait until those before them are committed, or for a moment, whatever is sooner (Nagle's
 * algorithm, RFC 896): under load there are fewer and larger messages and writes, and nobody waits while there is little to do.
 */
export class Gathering<Result> {
  #held: Held<Result>[] = [];
  #isOn = false;

  /** Whether a command is to be held. */
  get isOn(): boolean {
    return this.#isOn;
  }

  get isEmpty(): boolean {
    return this.#held.length === 0;
  }

  hold(data: Uint8Array): Promise<Applied<Result>> {
    return new Promise((resolve, reject) => this.#held.push({ data, proposer: { resolve, reject } }));
  }

  /** Looks at how many commands are under way. */
  observe(underWay: number): void {
    this.#isOn = underWay >= UNDER_WAY_MIN;
  }

  take(): readonly Held<Result>[] {
    const held = this.#held;
    this.#held = [];
    return held;
  }

  failAll(reason: ProposalFailure): void {
    for (const { proposer } of this.take()) proposer.reject(new ProposalError(reason));
  }
}
