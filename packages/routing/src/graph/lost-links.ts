import type { CompactGraph } from './compact-graph.ts';

/** Whether a graph has an edge out of this node to one that is not among `peers`; false for a node that it does not have. */
export function hasLostLink(graph: CompactGraph, origin: number, peers: ReadonlySet<number>): boolean {
  const node = graph.nodeIds.indexOf(origin);
  if (node === -1) return false;
  for (let edge = graph.offsets[node]!; edge < graph.offsets[node + 1]!; edge += 1)
    if (!peers.has(graph.nodeIds[graph.targets[edge]!]!)) return true;
  return false;
}
