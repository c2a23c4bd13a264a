import type { CompactGraph } from './compact-graph.ts';
import { comparePaths, type Exclusions, type GraphPath, type SearchSpace } from './search-space.ts';
import { pathFromTree, type ShortestPathTree } from './shortest-path-tree.ts';

const NONE = -1;
/** Below every distance: a state is left once, so the search ends even on a tree that is not the shortest. */
const SETTLED = Number.NEGATIVE_INFINITY;

/** What two paths must not share: relays, or only links. */
export type Disjointness = 'node' | 'link';

/**
 * The pair of disjoint paths with the smallest total cost, cheaper path first, or undefined when there is none.
 *
 * Bhandari's method (Survivable Networks, 1999) with Suurballe's reduced costs, so that no edge is negative: the second
 * search may run back along the first path, and the stretches that both use in opposite directions cancel out. For node
 * disjointness each relay of the first path is split in two: entered from outside, it can only be left backwards.
 * @param tree the forward tree of the source under the same exclusions.
 */
export function disjointPair(
  space: SearchSpace,
  tree: ShortestPathTree,
  target: number,
  disjointness: Disjointness = 'node',
  exclusions: Exclusions = space.nothing,
): readonly [GraphPath, GraphPath] | undefined {
  const { graph } = space;
  const first = pathFromTree(graph, tree, target);
  if (!first || first.edges.length === 0) return undefined;
  const second = new SecondSearch(space, tree, target, first, disjointness === 'node', exclusions).run();
  return second && combine(graph, tree.root, target, first, second);
}

/** Dijkstra on the residual graph of the first path. State `v` is a node, state `n + v` a relay left after backtracking. */
class SecondSearch {
  readonly #space: SearchSpace;
  readonly #tree: ShortestPathTree;
  readonly #target: number;
  readonly #isSplit: boolean;
  readonly #exclusions: Exclusions;
  readonly #stamp: number;
  /** The first path's edge into a node. */
  readonly #into = new Map<number, number>();
  /** The first path's edge out of a node. */
  readonly #outOf = new Map<number, number>();

  constructor(
    space: SearchSpace,
    tree: ShortestPathTree,
    target: number,
    first: GraphPath,
    isSplit: boolean,
    exclusions: Exclusions,
  ) {
    this.#space = space;
    this.#tree = tree;
    this.#target = target;
    this.#isSplit = isSplit;
    this.#exclusions = exclusions;
    this.#stamp = space.nextStamp();
    for (const edge of first.edges) {
      this.#outOf.set(space.graph.sources[edge]!, edge);
      this.#into.set(space.graph.targets[edge]!, edge);
    }
  }

  /** The edges of the second search in order; an edge of the first path in it is meant backwards. */
  run(): number[] | undefined {
    const { graph, heap, distance } = this.#space;
    const { root } = this.#tree;
    heap.clear();
    this.#reach(root, 0, NONE, NONE);
    while (heap.size > 0) {
      const state = heap.pop(distance);
      if (state === this.#target) {
        heap.clear();
        return this.#trace(state);
      }
      const isOut = state >= graph.nodeCount;
      const node = isOut ? state - graph.nodeCount : state;
      const isRelay = node !== root && this.#into.has(node);
      if (isRelay) this.#backtrack(state, node);
      if (!isRelay || isOut || !this.#isSplit) this.#leave(state, node);
      distance[state] = SETTLED;
    }
    return undefined;
  }

  #leave(state: number, node: number): void {
    const { graph, distance } = this.#space;
    const { offsets, targets, costs, transit } = graph;
    const potentials = this.#tree.distance;
    const { nodes: blockedNodes, edges: blockedEdges } = this.#exclusions;
    if (node !== this.#tree.root && transit[node] === 0) return;
    const taken = this.#outOf.get(node) ?? NONE;
    const base = distance[state]! + potentials[node]!;
    for (let edge = offsets[node]!; edge < offsets[node + 1]!; edge += 1) {
      const next = targets[edge]!;
      if (edge === taken || next === this.#tree.root) continue;
      if (blockedEdges[edge] !== 0 || blockedNodes[next] !== 0) continue;
      this.#reach(next, base + costs[edge]! - potentials[next]!, edge, state);
    }
  }

  /** Runs the first path's edge into the relay backwards, at no reduced cost. */
  #backtrack(state: number, node: number): void {
    const { graph, distance } = this.#space;
    const edge = this.#into.get(node)!;
    const previous = graph.sources[edge]!;
    if (previous === this.#tree.root) return;
    this.#reach(this.#isSplit ? graph.nodeCount + previous : previous, distance[state]!, edge, state);
  }

  #reach(state: number, cost: number, edge: number, from: number): void {
    const { distance, stamps, parentEdge, priority, heap } = this.#space;
    if (stamps[state] === this.#stamp && !(cost < distance[state]!)) return;
    stamps[state] = this.#stamp;
    distance[state] = cost;
    parentEdge[state] = edge;
    priority[state] = from;
    heap.push(state, distance);
  }

  #trace(end: number): number[] {
    const { parentEdge, priority } = this.#space;
    const edges: number[] = [];
    for (let state = end; parentEdge[state] !== NONE; state = priority[state]!) edges.push(parentEdge[state]!);
    return edges.reverse();
  }
}

function combine(
  graph: CompactGraph,
  source: number,
  target: number,
  first: GraphPath,
  second: readonly number[],
): readonly [GraphPath, GraphPath] {
  const cancelled = new Set(second.filter((edge) => first.edges.includes(edge)));
  const edges = [...first.edges, ...second].filter((edge) => !cancelled.has(edge));
  const outgoing = new Map<number, number[]>();
  for (const edge of edges) {
    const tail = graph.sources[edge]!;
    const list = outgoing.get(tail);
    if (list) list.push(edge);
    else outgoing.set(tail, [edge]);
  }
  const a = walk(graph, outgoing, source, target);
  const b = walk(graph, outgoing, source, target);
  return comparePaths(a, b) <= 0 ? [a, b] : [b, a];
}

function walk(graph: CompactGraph, outgoing: Map<number, number[]>, source: number, target: number): GraphPath {
  const edges: number[] = [];
  let cost = 0;
  for (let node = source; node !== target; ) {
    const edge = outgoing.get(node)!.shift()!;
    edges.push(edge);
    cost += graph.costs[edge]!;
    node = graph.targets[edge]!;
  }
  return { edges, cost };
}
