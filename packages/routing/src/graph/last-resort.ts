import type { CompactGraph } from './compact-graph.ts';

/**
 * Whether sparing nodes costs nobody a way: whoever reaches another over `graph.transit` and the spared nodes together reaches
 * it over `graph.transit` alone. O(nodes + edges). Errs to false only where the pairs that would be parted are neighbours anyway.
 * @param spared 1 for each node that could relay and should not, by index.
 */
export function isWholeWithout(graph: CompactGraph, spared: Uint8Array): boolean {
  const visited = new Uint8Array(graph.nodeCount);
  for (let node = 0; node < graph.nodeCount; node += 1) {
    if (spared[node] === 0 || visited[node] !== 0) continue;
    if (!isIslandWhole(graph, spared, islandOf(graph, spared, node, visited))) return false;
  }
  return true;
}

/**
 * The graph in which spared nodes relay after all, at that much more for each link out of them: whoever has another way takes
 * it (RFC 6987 calls this a stub router; the other school, the overload bit of IS-IS, parts the network instead).
 */
export function withLastResort(graph: CompactGraph, spared: Uint8Array, extraCost: number): CompactGraph {
  const transit = graph.transit.map((carries, node) => (spared[node] === 1 ? 1 : carries));
  const costs = graph.costs.map((cost, edge) => (spared[graph.sources[edge]!] === 1 ? cost + extraCost : cost));
  return { ...graph, transit, costs, lastResort: spared };
}

/** The relays around one, the spared ones included, and all to whom these can bring something. */
function islandOf(graph: CompactGraph, spared: Uint8Array, start: number, visited: Uint8Array): Set<number> {
  const island = new Set([start]);
  for (const node of island) {
    if (spared[node] === 0 && graph.transit[node] === 0) continue;
    visited[node] = 1;
    for (const next of neighbours(graph, node)) island.add(next);
  }
  return island;
}

/** The relays that are not spared hang together, and everybody else hangs on one of them. */
function isIslandWhole(graph: CompactGraph, spared: Uint8Array, island: ReadonlySet<number>): boolean {
  if (island.size <= 2) return true;
  const first = [...island].find((node) => graph.transit[node] === 1 && spared[node] === 0);
  if (first === undefined) return false;
  const reached = new Set([first]);
  for (const node of reached) {
    if (spared[node] === 1 || graph.transit[node] === 0) continue;
    for (const next of neighbours(graph, node)) reached.add(next);
  }
  return [...island].every((node) => reached.has(node));
}

function neighbours({ offsets, targets }: CompactGraph, node: number): Uint32Array {
  return targets.subarray(offsets[node], offsets[node + 1]);
}
