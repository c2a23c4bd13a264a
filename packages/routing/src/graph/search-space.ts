import type { CompactGraph } from './compact-graph.ts';
import { IndexHeap } from './index-heap.ts';

/** Nodes and edges that a search must not use: 1 where blocked. */
export interface Exclusions {
  readonly nodes: Uint8Array;
  readonly edges: Uint8Array;
}

/** A path by edge indexes. Its nodes follow from the edges. */
export interface GraphPath {
  readonly edges: readonly number[];
  readonly cost: number;
}

/**
 * The scratch memory of the searches on one graph, reused from search to search. Two states per node, because the search
 * for disjoint paths splits nodes. Not shared between threads.
 */
export class SearchSpace {
  readonly graph: CompactGraph;
  readonly heap: IndexHeap;
  readonly distance: Float64Array;
  readonly priority: Float64Array;
  readonly parentEdge: Int32Array;
  /** A state's entries are valid while its stamp is the current one: no clearing between searches. */
  readonly stamps: Uint32Array;
  readonly nothing: Exclusions;
  #stamp = 0;

  constructor(graph: CompactGraph) {
    const states = 2 * graph.nodeCount;
    this.graph = graph;
    this.heap = new IndexHeap(states);
    this.distance = new Float64Array(states);
    this.priority = new Float64Array(states);
    this.parentEdge = new Int32Array(states);
    this.stamps = new Uint32Array(states);
    this.nothing = { nodes: new Uint8Array(graph.nodeCount), edges: new Uint8Array(graph.edgeCount) };
  }

  nextStamp(): number {
    if (this.#stamp === 0xffff_ffff) {
      this.stamps.fill(0);
      this.#stamp = 0;
    }
    this.#stamp += 1;
    return this.#stamp;
  }
}

/** The node indexes of a path that starts at `source`. */
export function nodesOfPath({ targets }: CompactGraph, source: number, { edges }: GraphPath): number[] {
  const nodes = [source];
  for (const edge of edges) nodes.push(targets[edge]!);
  return nodes;
}

/** Smaller cost first, then fewer hops, then the edges in order: the same order on every node of the mesh. */
export function comparePaths(a: GraphPath, b: GraphPath): number {
  if (a.cost !== b.cost) return a.cost - b.cost;
  if (a.edges.length !== b.edges.length) return a.edges.length - b.edges.length;
  for (let index = 0; index < a.edges.length; index += 1) {
    const difference = a.edges[index]! - b.edges[index]!;
    if (difference !== 0) return difference;
  }
  return 0;
}
