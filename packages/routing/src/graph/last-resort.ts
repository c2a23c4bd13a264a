import { LINK_COST_MAX } from '../cost.ts';
import type { CompactGraph } from './compact-graph.ts';
import type { Exclusions } from './search-space.ts';

/** What a link out of a draining node costs more, where the mesh needs it: overloaded nodes come first. */
const DRAIN_COST = 2 * LINK_COST_MAX;

/**
 * The graph with nodes that drain: they relay nothing, unless it would fall apart without them.
 * @param draining 1 for each node that could relay and should not, by index.
 */
export function withDraining(graph: CompactGraph, draining: Uint8Array): CompactGraph {
  return relayIfNeeded({ ...graph, draining });
}

/**
 * What becomes of the graph when something dies: nodes that drain relay where what is left would fall apart without them. The
 * same graph where nothing changes; nodes and edges keep their indexes. O(nodes + edges) where nodes drain, else O(1).
 */
export function relayIfNeeded(graph: CompactGraph, dead?: Exclusions): CompactGraph {
  const { draining } = graph;
  if (draining === undefined) return graph;
  const sparing = withoutLastResort(graph);
  return isWholeWithout({ graph: sparing, dead }, draining) ? sparing : withLastResort(sparing, draining);
}

/** What is left of a graph. */
interface Rest {
  readonly graph: CompactGraph;
  readonly dead: Exclusions | undefined;
}

/**
 * Whether sparing nodes costs nobody a way: whoever reaches another over `graph.transit` and the spared nodes together reaches
 * it over `graph.transit` alone. Errs to false only where the pairs that would be parted are neighbours anyway.
 */
function isWholeWithout(rest: Rest, spared: Uint8Array): boolean {
  const { nodeCount } = rest.graph;
  const visited = rest.dead?.nodes.slice() ?? new Uint8Array(nodeCount);
  for (let node = 0; node < nodeCount; node += 1) {
    if (spared[node] === 0 || visited[node] !== 0) continue;
    if (!isIslandWhole(rest, spared, islandOf(rest, spared, node, visited))) return false;
  }
  return true;
}

/**
 * The graph in which spared nodes relay after all, at so much more for each link out of them that whoever has another way takes
 * it (RFC 6987 calls this a stub router; the other school, the overload bit of IS-IS, parts the network instead).
 */
function withLastResort(graph: CompactGraph, spared: Uint8Array): CompactGraph {
  const transit = graph.transit.map((carries, node) => (spared[node] === 1 ? 1 : carries));
  const costs = graph.costs.map((cost, edge) => (spared[graph.sources[edge]!] === 1 ? cost + DRAIN_COST : cost));
  return { ...graph, transit, costs, lastResort: spared };
}

/** The graph as it is while nodes that drain are not needed. */
function withoutLastResort(graph: CompactGraph): CompactGraph {
  const { lastResort, ...rest } = graph;
  if (lastResort === undefined) return graph;
  const transit = graph.transit.map((carries, node) => (lastResort[node] === 1 ? 0 : carries));
  const costs = graph.costs.map((cost, edge) => (lastResort[graph.sources[edge]!] === 1 ? cost - DRAIN_COST : cost));
  return { ...rest, transit, costs };
}

/** The relays around one, the spared ones included, and all to whom these can bring something. */
function islandOf(rest: Rest, spared: Uint8Array, start: number, visited: Uint8Array): Set<number> {
  const island = new Set([start]);
  for (const node of island) {
    if (spared[node] === 0 && rest.graph.transit[node] === 0) continue;
    visited[node] = 1;
    for (const next of neighbours(rest, node)) island.add(next);
  }
  return island;
}

/** The relays that are not spared hang together, and everybody else hangs on one of them. */
function isIslandWhole(rest: Rest, spared: Uint8Array, island: ReadonlySet<number>): boolean {
  if (island.size <= 2) return true;
  const { transit } = rest.graph;
  const first = [...island].find((node) => transit[node] === 1 && spared[node] === 0);
  if (first === undefined) return false;
  const reached = new Set([first]);
  for (const node of reached) {
    if (spared[node] === 1 || transit[node] === 0) continue;
    for (const next of neighbours(rest, node)) reached.add(next);
  }
  return [...island].every((node) => reached.has(node));
}

function neighbours({ graph: { offsets, targets }, dead }: Rest, node: number): Uint32Array {
  const from = offsets[node]!;
  const all = targets.subarray(from, offsets[node + 1]);
  return dead === undefined
    ? all
    : all.filter((next, index) => dead.edges[from + index] === 0 && dead.nodes[next] === 0);
}
