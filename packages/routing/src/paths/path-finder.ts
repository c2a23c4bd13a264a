import type { CompactGraph } from '../graph/compact-graph.ts';
import { SearchSpace } from '../graph/search-space.ts';
import { type PathAnswer, type PathQuery, QUERY_PATHS_MAX, queryPaths } from './path-query.ts';

/**
 * Answers path queries about any source on one topology, and remembers the answers until the topology changes. For the
 * path computation element; not shared between threads.
 */
export class PathFinder {
  readonly #answersMax: number;
  /** In the order of their last use. */
  readonly #answers = new Map<string, PathAnswer>();
  #space: SearchSpace;
  #hits = 0;
  #misses = 0;

  /** @param answersMax answers that are kept; the one that was not used for the longest time goes first. */
  constructor(graph: CompactGraph, answersMax = 10_000) {
    this.#space = new SearchSpace(graph);
    this.#answersMax = answersMax;
  }

  get cacheHits(): number {
    return this.#hits;
  }

  get cacheMisses(): number {
    return this.#misses;
  }

  update(graph: CompactGraph): void {
    this.#space = new SearchSpace(graph);
    this.#answers.clear();
  }

  /** @throws RangeError when `k` or `stretchMax` is out of range. */
  query(query: PathQuery): PathAnswer {
    const { k, stretchMax } = query;
    if (!Number.isInteger(k) || k < 1 || k > QUERY_PATHS_MAX) throw new RangeError(`k is 1 to ${QUERY_PATHS_MAX}`);
    if (!(stretchMax >= 1)) throw new RangeError('stretchMax is at least 1');
    const key = queryKey(query);
    const known = this.#answers.get(key);
    if (known) this.#hits += 1;
    else this.#misses += 1;
    const answer = known ?? queryPaths(this.#space, query);
    this.#answers.delete(key);
    this.#answers.set(key, answer);
    if (this.#answers.size > this.#answersMax) {
      for (const oldest of this.#answers.keys()) {
        this.#answers.delete(oldest);
        break;
      }
    }
    return answer;
  }
}

/** Queries that ask the same have the same key, however their lists are ordered. */
function queryKey({ source, destination, k, stretchMax, constraints = {}, without = {} }: PathQuery): string {
  const list = (values: readonly number[] = []): string => [...new Set(values)].sort((a, b) => a - b).join();
  const links = (without.links ?? []).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`).sort();
  return [
    source,
    destination,
    k,
    stretchMax,
    constraints.latencyMaxUs,
    constraints.bandwidthMinKbps,
    constraints.disjointness,
    list(constraints.avoidNodes),
    list(constraints.avoidRegions),
    list(constraints.avoidTenants),
    list(constraints.avoidRiskGroups),
    list(without.nodes),
    links.join(),
  ].join('|');
}
