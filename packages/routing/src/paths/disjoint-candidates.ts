import type { CompactGraph } from '../graph/compact-graph.ts';
import type { Disjointness } from '../graph/disjoint-pair.ts';
import type { GraphPath } from '../graph/search-space.ts';

export type PairDisjointness = Disjointness | 'risk-group';

/** The cheapest pair among candidates (ascending by cost) that shares no relay, no link or no risk group. */
export function cheapestDisjointPair(
  graph: CompactGraph,
  candidates: readonly GraphPath[],
  kind: PairDisjointness,
): GraphPath[] | undefined {
  const used = candidates.map((path) => resourcesOf(graph, path, kind));
  let best: GraphPath[] | undefined;
  let bestCost = Number.POSITIVE_INFINITY;
  for (let one = 0; one < candidates.length; one += 1) {
    for (let other = one + 1; other < candidates.length; other += 1) {
      const cost = candidates[one]!.cost + candidates[other]!.cost;
      if (cost >= bestCost) break;
      if (hasCommon(used[one]!, used[other]!)) continue;
      best = [candidates[one]!, candidates[other]!];
      bestCost = cost;
    }
  }
  return best;
}

function resourcesOf(graph: CompactGraph, { edges }: GraphPath, kind: PairDisjointness): Set<string> {
  const used = new Set<string>();
  for (const [index, edge] of edges.entries()) {
    used.add(`link ${Math.min(edge, graph.opposites[edge]!)}`);
    if (kind === 'node' && index > 0) used.add(`node ${graph.sources[edge]!}`);
    if (kind === 'risk-group') for (const group of graph.riskGroups[edge]!) used.add(`group ${group}`);
  }
  return used;
}

function hasCommon(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  for (const resource of a) if (b.has(resource)) return true;
  return false;
}
