import type { CompactGraph } from './compact-graph.ts';
import type { ShortestPathTree } from './shortest-path-tree.ts';

/** What became of an edge: as it was, same cost with other attributes, or gone or dearer. */
const Fate = { same: 0, attributes: 1, worse: 2 } as const;

/** The difference between two graphs over the same nodes. */
export interface TopologyChange {
  readonly before: CompactGraph;
  readonly after: CompactGraph;
  /** New index by old index, -1 for an edge that is gone. */
  readonly edgeMap: Int32Array;
  readonly fates: Uint8Array;
  /** New indexes of the edges that are new or cheaper. */
  readonly improved: readonly number[];
}

/** Undefined when nodes came, went or changed what they are: then nothing is carried over. */
export function compareGraphs(before: CompactGraph, after: CompactGraph): TopologyChange | undefined {
  if (before.nodeCount !== after.nodeCount) return undefined;
  for (let node = 0; node < before.nodeCount; node += 1) {
    const isSame =
      before.nodeIds[node] === after.nodeIds[node] &&
      before.transit[node] === after.transit[node] &&
      before.regions[node] === after.regions[node] &&
      before.tenants[node] === after.tenants[node];
    if (!isSame) return undefined;
  }
  const edgeMap = new Int32Array(before.edgeCount).fill(-1);
  const fates = new Uint8Array(before.edgeCount).fill(Fate.worse);
  const improved: number[] = [];
  for (let node = 0; node < before.nodeCount; node += 1) {
    let old = before.offsets[node]!;
    const oldEnd = before.offsets[node + 1]!;
    for (let edge = after.offsets[node]!; edge < after.offsets[node + 1]!; edge += 1) {
      const target = after.targets[edge]!;
      while (old < oldEnd && before.targets[old]! < target) old += 1;
      if (old >= oldEnd || before.targets[old] !== target) {
        improved.push(edge);
        continue;
      }
      edgeMap[old] = edge;
      const difference = after.costs[edge]! - before.costs[old]!;
      if (difference < 0) improved.push(edge);
      if (difference <= 0) fates[old] = hasSameAttributes(before, old, after, edge) ? Fate.same : Fate.attributes;
    }
  }
  return { before, after, edgeMap, fates, improved };
}

export function isUnchanged({ fates, improved }: TopologyChange): boolean {
  return improved.length === 0 && fates.every((fate) => fate === Fate.same);
}

/** Whether a path runs over an edge that is gone or looks different now. */
export function isPathTouched({ fates }: TopologyChange, edges: readonly number[]): boolean {
  return edges.some((edge) => fates[edge] !== Fate.same);
}

export function mapEdges({ edgeMap }: TopologyChange, edges: readonly number[]): number[] {
  return edges.map((edge) => edgeMap[edge]!);
}

/**
 * The same tree on the new graph when no change can alter it, otherwise undefined: no edge of the tree got worse, and no
 * better edge reaches its head sooner (or as soon, which could alter which of equal parents is chosen).
 */
export function carryTree(change: TopologyChange, tree: ShortestPathTree): ShortestPathTree | undefined {
  const { after, edgeMap, fates, improved } = change;
  const { root, distance } = tree;
  for (const edge of improved) {
    const tail = after.sources[edge]!;
    if (tail !== root && after.transit[tail] === 0) continue;
    const reached = distance[tail]! + after.costs[edge]!;
    if (reached !== Number.POSITIVE_INFINITY && reached <= distance[after.targets[edge]!]!) return undefined;
  }
  const parentEdge = new Int32Array(tree.parentEdge.length);
  for (let node = 0; node < parentEdge.length; node += 1) {
    const edge = tree.parentEdge[node]!;
    if (edge >= 0 && fates[edge] === Fate.worse) return undefined;
    parentEdge[node] = edge < 0 ? edge : edgeMap[edge]!;
  }
  return { root, distance, parentEdge };
}

function hasSameAttributes(before: CompactGraph, old: number, after: CompactGraph, edge: number): boolean {
  if (before.costs[old] !== after.costs[edge] || before.linkIds[old] !== after.linkIds[edge]) return false;
  if (before.latencyUs[old] !== after.latencyUs[edge] || before.spareKbps[old] !== after.spareKbps[edge]) return false;
  const oldGroups = before.riskGroups[old]!;
  const groups = after.riskGroups[edge]!;
  return oldGroups.length === groups.length && oldGroups.every((group, index) => group === groups[index]);
}
