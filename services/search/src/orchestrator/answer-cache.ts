import { LRUCache } from 'lru-cache';
import { Doorkeeper } from './doorkeeper.ts';
import type { SearchMetrics } from './search-metrics.ts';

const TTL_MS = 30_000;

/** Keeps answers that nothing was missing from, to questions that are asked again; and lets identical questions in flight share one run. */
export class AnswerCache<Answer extends { readonly degradedLegs: readonly unknown[] }> {
  readonly #kept: LRUCache<string, Answer> | null;
  readonly #doorkeeper = new Doorkeeper();
  readonly #inFlight = new Map<string, Promise<Answer>>();
  readonly #metrics: SearchMetrics;

  constructor(max: number, metrics: SearchMetrics) {
    this.#kept = max > 0 ? new LRUCache<string, Answer>({ max, ttl: TTL_MS }) : null;
    this.#metrics = metrics;
  }

  /** The kept answer, the answer of a run in flight, or the answer of a new run. When a shared run fails, each waiter runs for itself. */
  async through(key: string, run: () => Promise<Answer>): Promise<Answer> {
    const kept = this.#kept?.get(key);
    if (kept !== undefined) {
      this.#metrics.cache('hit');
      return kept;
    }
    const running = this.#inFlight.get(key);
    if (running !== undefined) {
      this.#metrics.cache('coalesced');
      return running.catch(run);
    }
    this.#metrics.cache('miss');
    const started = run();
    this.#inFlight.set(key, started);
    try {
      const answer = await started;
      if (answer.degradedLegs.length === 0 && this.#doorkeeper.hasSeen(key)) this.#kept?.set(key, answer);
      return answer;
    } finally {
      this.#inFlight.delete(key);
    }
  }
}
