import { indexOfNode } from '../graph/compact-graph.ts';
import { disjointPair } from '../graph/disjoint-pair.ts';
import { kShortestPaths } from '../graph/k-shortest-paths.ts';
import { relayIfNeeded } from '../graph/last-resort.ts';
import { comparePaths, type Exclusions, type GraphPath, SearchSpace } from '../graph/search-space.ts';
import { computeReverseTree, computeTree, pathFromTree } from '../graph/shortest-path-tree.ts';
import { cheapestDisjointPair, type PairDisjointness } from './disjoint-candidates.ts';
import { type Avoidance, excludeAvoided, excludeDead, type Without } from './exclusions.ts';
import { type DescribedPath, describePath, latencyOf } from './path-description.ts';
import { trafficShares } from './traffic-shares.ts';

/** What paths must satisfy. All members are optional; none means the cheapest paths. */
export interface PathConstraints extends Avoidance {
  /** Sum of the round-trip times, µs. */
  readonly latencyMaxUs?: number;
  /** Two paths that share no relay, no link, or no shared-risk group, instead of the cheapest ones. */
  readonly disjointness?: PairDisjointness;
}

export interface PathQuery {
  readonly source: number;
  readonly destination: number;
  /** Paths at most, 1 to {@link QUERY_PATHS_MAX}. */
  readonly k: number;
  /** Times the cost of the cheapest path under the same constraints. */
  readonly stretchMax: number;
  readonly constraints?: PathConstraints;
  readonly without?: Without;
}

/** Why there is no path, from the most basic reason to the most specific one. A closed set. */
export type NoPathReason = 'unknown-source' | 'unknown-destination' | 'unreachable' | 'constraints' | 'disjointness';

/** Paths, cheapest first, or the reason why there is none. */
export type PathAnswer =
  | { readonly paths: readonly DescribedPath[]; readonly reason?: undefined }
  | { readonly paths: readonly []; readonly reason: NoPathReason };

export const QUERY_PATHS_MAX = 64;

interface Search {
  readonly space: SearchSpace;
  readonly query: PathQuery;
  readonly source: number;
  readonly target: number;
}

/**
 * Answers one query by searching. Avoided nodes, regions and tenants are never relays; source and destination are what
 * the caller named. A latency limit is met whenever any path meets it, because the fastest path is considered beside the
 * cheapest ones. A node- or link-disjoint pair is the optimum unless it breaks the latency limit; then, and for risk
 * groups (NP-hard in general), the best pair among the 64 cheapest paths is taken. Nodes that drain relay when the mesh would
 * fall apart without what the query takes to be dead, as the nodes would decide then.
 */
export function queryPaths(given: SearchSpace, query: PathQuery): PathAnswer {
  const source = indexOfNode(given.graph, query.source);
  const target = indexOfNode(given.graph, query.destination);
  if (source < 0) return { paths: [], reason: 'unknown-source' };
  if (target < 0) return { paths: [], reason: 'unknown-destination' };
  const dead = excludeDead(given.graph, query.without ?? {});
  if (source === target || dead.nodes[source] === 1 || dead.nodes[target] === 1) {
    return { paths: [], reason: 'unreachable' };
  }
  const graph = query.without === undefined ? given.graph : relayIfNeeded(given.graph, dead);
  const space = graph === given.graph ? given : new SearchSpace(graph);
  const search = { space, query, source, target };
  const avoided = excludeAvoided(graph, dead, query.constraints ?? {}, [source, target]);
  const found = findPaths(search, avoided);
  if (typeof found !== 'string') {
    const shares = trafficShares(graph, found);
    return { paths: found.map((path, index) => describePath(graph, path, shares[index]!)) };
  }
  const isReachable = Number.isFinite(computeTree(space, source, dead).distance[target]!);
  return { paths: [], reason: isReachable ? found : 'unreachable' };
}

function findPaths(search: Search, exclusions: Exclusions): GraphPath[] | NoPathReason {
  const { space, query, source, target } = search;
  const { latencyMaxUs, disjointness } = query.constraints ?? {};
  const isFastEnough = (path: GraphPath): boolean =>
    latencyMaxUs === undefined || latencyOf(space.graph, path) <= latencyMaxUs;
  const tree = computeTree(space, source, exclusions);
  const cheapest = tree.distance[target]!;
  if (!Number.isFinite(cheapest)) return 'constraints';
  if (disjointness === 'node' || disjointness === 'link') {
    const pair = disjointPair(space, tree, target, disjointness, exclusions);
    if (!pair) return 'disjointness';
    if (pair.every(isFastEnough)) return [...pair];
  }
  const isSelective = disjointness !== undefined || latencyMaxUs !== undefined;
  const limits = isSelective
    ? { k: QUERY_PATHS_MAX, costMax: Number.POSITIVE_INFINITY, exclusions }
    : { k: query.k, costMax: cheapest * query.stretchMax, exclusions };
  const { distance } = computeReverseTree(space, target, exclusions);
  const candidates = kShortestPaths(space, tree, distance, target, limits).filter(isFastEnough);
  if (latencyMaxUs !== undefined) addFastest(search, exclusions, isFastEnough, candidates);
  if (candidates.length === 0) return 'constraints';
  if (disjointness) return cheapestDisjointPair(space.graph, candidates, disjointness) ?? 'disjointness';
  const costMax = candidates[0]!.cost * query.stretchMax;
  return candidates.filter(({ cost }) => cost <= costMax).slice(0, query.k);
}

/** The path of least latency decides whether the limit can be met at all. */
function addFastest(
  { space, source, target }: Search,
  exclusions: Exclusions,
  isFastEnough: (path: GraphPath) => boolean,
  candidates: GraphPath[],
): void {
  const { graph } = space;
  const costs = Float64Array.from(graph.latencyUs, (latency) => Math.max(latency, 1));
  const tree = computeTree(new SearchSpace({ ...graph, costs }), source, exclusions);
  const fastest = pathFromTree(graph, tree, target);
  if (!fastest || !isFastEnough(fastest)) return;
  const key = fastest.edges.join();
  if (candidates.some(({ edges }) => edges.join() === key)) return;
  candidates.push({ edges: fastest.edges, cost: fastest.edges.reduce((sum, edge) => sum + graph.costs[edge]!, 0) });
  candidates.sort(comparePaths);
}
