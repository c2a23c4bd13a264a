import { comparePaths, type Exclusions, type GraphPath, type SearchSpace } from './search-space.ts';
import { pathFromTree, type ShortestPathTree } from './shortest-path-tree.ts';

const NONE = -1;

export interface KShortestPathsOptions {
  /** How many paths at most. */
  readonly k: number;
  /** Dearer paths are not looked for. */
  readonly costMax: number;
  readonly exclusions?: Exclusions;
}

interface Candidate extends GraphPath {
  /** Index of the edge at which it leaves the path that it came from. */
  readonly deviation: number;
}

/**
 * The loop-free paths of least cost in ascending order: Yen (1971) with Lawler's rule (a path is only varied after the
 * point where it was itself a variation). Each search for a variation is an A* on the exact distances to the target, so
 * it visits little more than the path that it finds, and stops at `costMax`.
 * @param tree the forward tree of the source under the same exclusions.
 * @param distanceTo for each node its distance to the target, or a consistent lower bound.
 */
export function kShortestPaths(
  space: SearchSpace,
  tree: ShortestPathTree,
  distanceTo: Float64Array,
  target: number,
  options: KShortestPathsOptions,
): GraphPath[] {
  const first = pathFromTree(space.graph, tree, target);
  if (!first || first.edges.length === 0 || first.cost > options.costMax) return [];
  const search = new YenSearch(space, tree.root, target, distanceTo, options);
  return search.run({ ...first, deviation: 0 });
}

class YenSearch {
  readonly #space: SearchSpace;
  readonly #source: number;
  readonly #target: number;
  readonly #distanceTo: Float64Array;
  readonly #options: KShortestPathsOptions;
  readonly #exclusions: Exclusions;
  readonly #accepted: Candidate[] = [];
  /** Ascending; never longer than what is still wanted. */
  readonly #candidates: Candidate[] = [];
  readonly #barredEdges = new Set<number>();

  constructor(
    space: SearchSpace,
    source: number,
    target: number,
    distanceTo: Float64Array,
    options: KShortestPathsOptions,
  ) {
    this.#space = space;
    this.#source = source;
    this.#target = target;
    this.#distanceTo = distanceTo;
    this.#options = options;
    this.#exclusions = options.exclusions ?? space.nothing;
  }

  run(first: Candidate): GraphPath[] {
    let next: Candidate | undefined = first;
    while (next) {
      this.#accepted.push(next);
      if (this.#accepted.length >= this.#options.k) break;
      this.#vary(next);
      next = this.#candidates.shift();
    }
    return this.#accepted.map(({ edges, cost }) => ({ edges, cost }));
  }

  /** Adds the best path that follows `path` up to each of its nodes and leaves it there. */
  #vary(path: Candidate): void {
    const { graph, heap } = this.#space;
    let prefixCost = 0;
    for (let index = 0; index < path.edges.length; index += 1) {
      const edge = path.edges[index]!;
      if (index >= path.deviation) {
        const spur = graph.sources[edge]!;
        this.#barBranches(path, index);
        const tail = this.#searchFrom(spur, prefixCost, path, index);
        heap.clear();
        if (tail)
          this.#offer({ edges: [...path.edges.slice(0, index), ...tail.edges], cost: tail.cost, deviation: index });
      }
      prefixCost += graph.costs[edge]!;
    }
  }

  /** The ways out of the spur node that an accepted path with the same beginning already takes. */
  #barBranches(path: Candidate, index: number): void {
    this.#barredEdges.clear();
    for (const { edges } of this.#accepted) {
      const branch = edges[index];
      if (branch !== undefined && sharesPrefix(edges, path.edges, index)) this.#barredEdges.add(branch);
    }
  }

  #searchFrom(spur: number, prefixCost: number, path: Candidate, index: number): GraphPath | undefined {
    const { graph, heap, distance, priority, parentEdge, stamps } = this.#space;
    const { offsets, targets, costs, transit } = graph;
    const { nodes: blockedNodes, edges: blockedEdges } = this.#exclusions;
    const costMax = this.#costMax();
    const stamp = this.#space.nextStamp();
    this.#closePrefix(path, index, stamp);
    stamps[spur] = stamp;
    distance[spur] = prefixCost;
    priority[spur] = prefixCost;
    parentEdge[spur] = NONE;
    heap.push(spur, priority);
    while (heap.size > 0) {
      const node = heap.pop(priority);
      if (node === this.#target) return this.#trace(spur);
      if (node !== this.#source && transit[node] === 0) continue;
      const base = distance[node]!;
      const end = offsets[node + 1]!;
      for (let edge = offsets[node]!; edge < end; edge += 1) {
        const next = targets[edge]!;
        const reached = base + costs[edge]!;
        const estimate = reached + this.#distanceTo[next]!;
        if (estimate > costMax || blockedEdges[edge] !== 0 || blockedNodes[next] !== 0) continue;
        if (stamps[next] === stamp && distance[next]! <= reached) continue;
        if (node === spur && this.#barredEdges.has(edge)) continue;
        stamps[next] = stamp;
        distance[next] = reached;
        priority[next] = estimate;
        parentEdge[next] = edge;
        heap.push(next, priority);
      }
    }
    return undefined;
  }

  /** The nodes before the spur node count as reached at no cost, so that the search cannot improve on them. */
  #closePrefix(path: Candidate, index: number, stamp: number): void {
    const { graph, distance, stamps } = this.#space;
    for (let before = 0; before < index; before += 1) {
      const node = graph.sources[path.edges[before]!]!;
      stamps[node] = stamp;
      distance[node] = Number.NEGATIVE_INFINITY;
    }
  }

  #trace(spur: number): GraphPath {
    const { graph, distance, parentEdge } = this.#space;
    const edges: number[] = [];
    let node = this.#target;
    while (node !== spur) {
      const edge = parentEdge[node]!;
      edges.push(edge);
      node = graph.sources[edge]!;
    }
    return { edges: edges.reverse(), cost: distance[this.#target]! };
  }

  /** Nothing dearer than the limit, nor than the last candidate that is still wanted, can become a result. */
  #costMax(): number {
    const wanted = this.#options.k - this.#accepted.length;
    const worst = this.#candidates[wanted - 1];
    return worst ? Math.min(worst.cost, this.#options.costMax) : this.#options.costMax;
  }

  #offer(candidate: Candidate): void {
    const wanted = this.#options.k - this.#accepted.length;
    let place = this.#candidates.length;
    while (place > 0 && comparePaths(candidate, this.#candidates[place - 1]!) < 0) place -= 1;
    this.#candidates.splice(place, 0, candidate);
    if (this.#candidates.length > wanted) this.#candidates.length = wanted;
  }
}

function sharesPrefix(a: readonly number[], b: readonly number[], length: number): boolean {
  for (let index = length - 1; index >= 0; index -= 1) if (a[index] !== b[index]) return false;
  return true;
}
