import type { CompactGraph } from './compact-graph.ts';
import type { ShortestPathTree } from './shortest-path-tree.ts';

const NONE = -1;

/**
 * For each destination the neighbour that brings a frame there when `failed` is dead and the frame is forwarded hop by
 * hop, or -1: an alternate after RFC 5286, node-protecting (inequality 3) and so loop-free (inequality 1); for `failed`
 * itself a link-protecting one. The cheapest wins, then the lowest index.
 * @param neighbourTrees the forward trees of all neighbours of the own node, by neighbour index.
 */
export function loopFreeAlternates(
  graph: CompactGraph,
  own: ShortestPathTree,
  neighbourTrees: ReadonlyMap<number, ShortestPathTree>,
  failed: number,
): Int32Array {
  const self = own.root;
  const alternates = new Int32Array(graph.nodeCount).fill(NONE);
  const costs = new Float64Array(graph.nodeCount).fill(Number.POSITIVE_INFINITY);
  const fromFailed = neighbourTrees.get(failed)!.distance;
  for (let edge = graph.offsets[self]!; edge < graph.offsets[self + 1]!; edge += 1) {
    const neighbour = graph.targets[edge]!;
    if (neighbour === failed) continue;
    const fromNeighbour = neighbourTrees.get(neighbour)!.distance;
    const isTransit = graph.transit[neighbour] === 1;
    for (let target = 0; target < graph.nodeCount; target += 1) {
      if (target === self || (!isTransit && target !== neighbour)) continue;
      const distance = fromNeighbour[target]!;
      const isLoopFree = distance < fromNeighbour[self]! + own.distance[target]!;
      const isNodeProtecting = target === failed || distance < fromNeighbour[failed]! + fromFailed[target]!;
      const cost = graph.costs[edge]! + distance;
      if (!isLoopFree || !isNodeProtecting || cost >= costs[target]!) continue;
      costs[target] = cost;
      alternates[target] = neighbour;
    }
  }
  return alternates;
}
