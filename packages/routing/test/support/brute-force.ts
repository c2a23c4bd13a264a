import type { CompactGraph } from '../../src/graph/compact-graph.ts';
import type { GraphPath } from '../../src/graph/search-space.ts';

/** Distances from one node by Bellman and Ford's relaxation: nothing shared with the code under test. */
export function bellmanFord(graph: CompactGraph, root: number): Float64Array {
  const distance = new Float64Array(graph.nodeCount).fill(Number.POSITIVE_INFINITY);
  distance[root] = 0;
  for (let round = 0; round < graph.nodeCount; round += 1) {
    let hasChanged = false;
    for (let edge = 0; edge < graph.edgeCount; edge += 1) {
      const tail = graph.sources[edge]!;
      if (tail !== root && graph.transit[tail] === 0) continue;
      const reached = distance[tail]! + graph.costs[edge]!;
      if (reached < distance[graph.targets[edge]!]!) {
        distance[graph.targets[edge]!] = reached;
        hasChanged = true;
      }
    }
    if (!hasChanged) break;
  }
  return distance;
}

/** Every loop-free path, cheapest first: for graphs of up to eight nodes or so. */
export function allPaths(graph: CompactGraph, source: number, target: number): GraphPath[] {
  const found: GraphPath[] = [];
  const visited = new Set([source]);
  const edges: number[] = [];
  const visit = (node: number, cost: number): void => {
    if (node === target) {
      found.push({ edges: [...edges], cost });
      return;
    }
    if (node !== source && graph.transit[node] === 0) return;
    for (let edge = graph.offsets[node]!; edge < graph.offsets[node + 1]!; edge += 1) {
      const next = graph.targets[edge]!;
      if (visited.has(next)) continue;
      visited.add(next);
      edges.push(edge);
      visit(next, cost + graph.costs[edge]!);
      edges.pop();
      visited.delete(next);
    }
  };
  visit(source, 0);
  return found.sort((a, b) => a.cost - b.cost);
}

/** The relays of a path by index. */
export function relays(graph: CompactGraph, path: GraphPath): number[] {
  return path.edges.slice(0, -1).map((edge) => graph.targets[edge]!);
}

export function areDisjoint(graph: CompactGraph, a: GraphPath, b: GraphPath, kind: 'node' | 'link'): boolean {
  const links = new Set(a.edges.flatMap((edge) => [edge, graph.opposites[edge]!]));
  if (b.edges.some((edge) => links.has(edge))) return false;
  if (kind === 'link') return true;
  const nodes = new Set(relays(graph, a));
  return !relays(graph, b).some((node) => nodes.has(node));
}
