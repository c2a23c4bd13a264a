import type { CompactGraph } from './compact-graph.ts';
import type { Exclusions, GraphPath, SearchSpace } from './search-space.ts';

const NONE = -1;

/** Distances and parents of all nodes from (or, reversed, to) one root. Infinity and -1 where there is no way. */
export interface ShortestPathTree {
  readonly root: number;
  readonly distance: Float64Array;
  /** The last edge of the path from the root; in a reversed tree the first edge of the path to it. */
  readonly parentEdge: Int32Array;
}

export function newTree(graph: CompactGraph, root: number): ShortestPathTree {
  return {
    root,
    distance: new Float64Array(graph.nodeCount),
    parentEdge: new Int32Array(graph.nodeCount),
  };
}

/**
 * Dijkstra's tree. Only the root and transit nodes are passed through. Equal paths: the parent with the lower index
 * wins, so the tree depends on the graph alone. Costs are at least 1, therefore a parent is always settled first.
 * @param tree where the result goes; it is overwritten.
 */
export function computeTree(
  space: SearchSpace,
  root: number,
  exclusions: Exclusions = space.nothing,
  tree: ShortestPathTree = newTree(space.graph, root),
): ShortestPathTree {
  const { graph, heap } = space;
  const { offsets, targets, costs, transit } = graph;
  const { distance, parentEdge } = tree;
  const blockedNodes = exclusions.nodes;
  const blockedEdges = exclusions.edges;
  distance.fill(Number.POSITIVE_INFINITY);
  parentEdge.fill(NONE);
  distance[root] = 0;
  heap.push(root, distance);
  while (heap.size > 0) {
    const node = heap.pop(distance);
    if (node !== root && transit[node] === 0) continue;
    const base = distance[node]!;
    const end = offsets[node + 1]!;
    for (let edge = offsets[node]!; edge < end; edge += 1) {
      const next = targets[edge]!;
      const reached = base + costs[edge]!;
      const known = distance[next]!;
      if (reached > known || blockedEdges[edge] !== 0 || blockedNodes[next] !== 0) continue;
      if (reached < known) {
        distance[next] = reached;
        parentEdge[next] = edge;
        heap.push(next, distance);
      } else if (next !== root && node < graph.sources[parentEdge[next]!]!) {
        parentEdge[next] = edge;
      }
    }
  }
  return { root, distance, parentEdge };
}

/** The distances of all nodes to one target, over the same edges in the direction of travel. */
export function computeReverseTree(
  space: SearchSpace,
  target: number,
  exclusions: Exclusions = space.nothing,
  tree: ShortestPathTree = newTree(space.graph, target),
): ShortestPathTree {
  const { graph, heap } = space;
  const { offsets, targets, costs, transit, opposites } = graph;
  const { distance, parentEdge } = tree;
  const blockedNodes = exclusions.nodes;
  const blockedEdges = exclusions.edges;
  distance.fill(Number.POSITIVE_INFINITY);
  parentEdge.fill(NONE);
  distance[target] = 0;
  heap.push(target, distance);
  while (heap.size > 0) {
    const node = heap.pop(distance);
    if (node !== target && transit[node] === 0) continue;
    const base = distance[node]!;
    const end = offsets[node + 1]!;
    for (let edge = offsets[node]!; edge < end; edge += 1) {
      const previous = targets[edge]!;
      const inward = opposites[edge]!;
      const reached = base + costs[inward]!;
      if (reached >= distance[previous]! || blockedEdges[inward] !== 0 || blockedNodes[previous] !== 0) continue;
      distance[previous] = reached;
      parentEdge[previous] = inward;
      heap.push(previous, distance);
    }
  }
  return { root: target, distance, parentEdge };
}

/** The path from the root of a forward tree, or undefined when there is none. The path to the root itself is empty. */
export function pathFromTree(
  { sources }: CompactGraph,
  { root, distance, parentEdge }: ShortestPathTree,
  target: number,
): GraphPath | undefined {
  if (distance[target] === Number.POSITIVE_INFINITY) return undefined;
  const edges: number[] = [];
  for (let node = target; node !== root; ) {
    const edge = parentEdge[node]!;
    edges.push(edge);
    node = sources[edge]!;
  }
  return { edges: edges.reverse(), cost: distance[target]! };
}
