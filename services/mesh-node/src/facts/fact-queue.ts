import { type Fact, keyOf } from './fact.ts';

/**
 * Facts that wait to be written: bounded, first in first out. A fact that repeats a waiting one takes its place, so that
 * states of one thing need one place however long PostgreSQL is away; what finds no room is counted, never waited for.
 */
export class FactQueue {
  readonly #waiting = new Map<string, Fact>();
  readonly #capacity: number;
  #serial = 0;
  #lost = 0;

  constructor(capacity: number) {
    if (!(capacity >= 1)) throw new RangeError('capacity must be at least 1');
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Facts that found no room since the start. */
  get lost(): number {
    return this.#lost;
  }

  /** Never throws and never waits. */
  add(fact: Fact): void {
    const key = keyOf(fact);
    if (key !== null && this.#waiting.has(key)) {
      // Behind what came meanwhile: a state must not be told before the changes that led to it.
      this.#waiting.delete(key);
    } else if (this.#waiting.size >= this.#capacity) {
      this.#lost += 1;
      return;
    }
    this.#serial += 1;
    this.#waiting.set(key ?? `#${this.#serial}`, fact);
  }

  /** The oldest facts; they stay until {@link done}. */
  peek(countMax: number): ReadonlyMap<string, Fact> {
    return new Map(this.#waiting.entries().take(countMax));
  }

  /** Forgets what was written, unless a newer fact has taken its place meanwhile. */
  done(written: ReadonlyMap<string, Fact>): void {
    for (const [key, fact] of written) {
      if (this.#waiting.get(key) === fact) this.#waiting.delete(key);
    }
  }
}
