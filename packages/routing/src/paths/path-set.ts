import { type Disjointness, disjointPair } from '../graph/disjoint-pair.ts';
import { kShortestPaths } from '../graph/k-shortest-paths.ts';
import { comparePaths, type GraphPath, type SearchSpace } from '../graph/search-space.ts';
import { computeReverseTree, pathFromTree, type ShortestPathTree } from '../graph/shortest-path-tree.ts';
import { isPathTouched, mapEdges, type TopologyChange } from '../graph/topology-change.ts';

export interface PathSetConfig {
  /** Paths per destination. */
  readonly k: number;
  /** Yen's paths cost at most this many times the cheapest; the disjoint pair may cost more. */
  readonly stretchMax: number;
}

export const DEFAULT_PATH_SET: PathSetConfig = { k: 4, stretchMax: 1.5 };

export interface GraphPair {
  readonly kind: Disjointness;
  readonly paths: readonly [GraphPath, GraphPath];
}

/** The paths to one destination, cheapest first, and what is needed to tell whether a change can alter them. */
export interface PathSet {
  readonly paths: readonly GraphPath[];
  /** Node-disjoint where that exists, else link-disjoint. Both are among `paths`. */
  readonly pair: GraphPair | undefined;
  /** A lower bound of each node's distance to the destination. */
  readonly potentials: Float64Array;
  /** A path that costs more than this cannot enter the set as one of Yen's. */
  readonly costMax: number;
  /** Dearer paths are for backup only. */
  readonly shareCostMax: number;
}

/**
 * The disjoint pair first, then the cheapest paths, as many as fit: Yen's paths alone usually share links.
 * @returns undefined when there is no way to the target.
 */
export function computePathSet(
  space: SearchSpace,
  tree: ShortestPathTree,
  target: number,
  { k, stretchMax }: PathSetConfig,
): PathSet | undefined {
  const primary = pathFromTree(space.graph, tree, target);
  if (!primary) return undefined;
  const potentials = computeReverseTree(space, target).distance;
  const limit = primary.cost * stretchMax;
  const cheapest = kShortestPaths(space, tree, potentials, target, { k, costMax: limit });
  const pair = k > 1 ? findPair(space, tree, target) : undefined;
  const paths = new Map<string, GraphPath>();
  const add = (path: GraphPath): void => {
    if (paths.size < k || pair?.paths.includes(path)) paths.set(path.edges.join(), path);
  };
  add(primary);
  for (const path of pair?.paths ?? []) add(path);
  for (const path of cheapest) add(path);
  const costMax = cheapest.length < k ? limit : cheapest.at(-1)!.cost;
  return { paths: [...paths.values()].sort(comparePaths), pair, potentials, costMax, shareCostMax: limit };
}

/** The same set on the new graph when no change can alter it, otherwise undefined. */
export function carryPathSet(change: TopologyChange, tree: ShortestPathTree, set: PathSet): PathSet | undefined {
  if (set.paths.some(({ edges }) => isPathTouched(change, edges))) return undefined;
  const { after, improved } = change;
  const { potentials, pair, costMax } = set;
  const pairCost = pair?.kind === 'node' ? pair.paths[0].cost + pair.paths[1].cost : Number.POSITIVE_INFINITY;
  const throughMax = Math.max(costMax, pairCost - set.paths[0]!.cost);
  for (const edge of improved) {
    const tail = after.sources[edge]!;
    const onward = after.costs[edge]! + potentials[after.targets[edge]!]!;
    if (onward < potentials[tail]!) return undefined;
    const through = tree.distance[tail]! + onward;
    if (Number.isFinite(through) && through <= throughMax) return undefined;
  }
  const map = ({ edges, cost }: GraphPath): GraphPath => ({ edges: mapEdges(change, edges), cost });
  const paths = set.paths.map(map);
  const mapped = pair && { kind: pair.kind, paths: [map(pair.paths[0]), map(pair.paths[1])] as const };
  return { ...set, paths, pair: mapped };
}

function findPair(space: SearchSpace, tree: ShortestPathTree, target: number): GraphPair | undefined {
  for (const kind of ['node', 'link'] as const) {
    const paths = disjointPair(space, tree, target, kind);
    if (paths) return { kind, paths };
  }
  return undefined;
}
