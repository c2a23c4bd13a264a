import type { PathTree, RepairTable } from '../forwarding/routes.ts';
import type { CompactGraph } from '../graph/compact-graph.ts';
import { loopFreeAlternates } from '../graph/loop-free-alternates.ts';
import type { SearchSpace } from '../graph/search-space.ts';
import { computeTree, type ShortestPathTree } from '../graph/shortest-path-tree.ts';

/** The tree that will be right once everyone knows that the neighbour is gone. */
export function treeWithoutNode(space: SearchSpace, root: number, neighbour: number): ShortestPathTree {
  const { nothing } = space;
  const nodes = new Uint8Array(space.graph.nodeCount);
  nodes[neighbour] = 1;
  return computeTree(space, root, { nodes, edges: nothing.edges });
}

/** The tree that will be right once everyone knows that the link is gone, in both directions. */
export function treeWithoutLink(space: SearchSpace, root: number, edge: number): ShortestPathTree {
  const { graph, nothing } = space;
  const edges = new Uint8Array(graph.edgeCount);
  edges[edge] = 1;
  edges[graph.opposites[edge]!] = 1;
  return computeTree(space, root, { nodes: nothing.nodes, edges });
}

export interface RepairTrees {
  readonly own: ShortestPathTree;
  /** Forward trees of all neighbours by index. */
  readonly neighbours: ReadonlyMap<number, ShortestPathTree>;
  readonly withoutNode: ShortestPathTree;
  readonly withoutLink: ShortestPathTree;
}

/** What to do when the link to `neighbour` (an index) dies: post-convergence paths (as TI-LFA) and alternates. */
export function repairTable(graph: CompactGraph, neighbour: number, trees: RepairTrees): RepairTable {
  return {
    neighbour: graph.nodeIds[neighbour]!,
    withoutNode: portableTree(graph, trees.withoutNode),
    withoutLink: portableTree(graph, trees.withoutLink),
    alternates: loopFreeAlternates(graph, trees.own, trees.neighbours, neighbour),
  };
}

export function portableTree(graph: CompactGraph, { root, parentEdge }: ShortestPathTree): PathTree {
  const parents = new Int32Array(graph.nodeCount);
  for (let node = 0; node < graph.nodeCount; node += 1) {
    const edge = parentEdge[node]!;
    parents[node] = edge < 0 ? -1 : graph.sources[edge]!;
  }
  return { nodeIds: graph.nodeIds, root, parents };
}
