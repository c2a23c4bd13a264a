import { type CompactGraph, findEdge, indexOfNode } from '../graph/compact-graph.ts';
import type { Exclusions } from '../graph/search-space.ts';

/** A what-if: the topology without these nodes and links (both directions, as pairs of node ids). */
export interface Without {
  readonly nodes?: readonly number[];
  readonly links?: readonly (readonly [number, number])[];
}

/** What no relay and no link of a path may be. */
export interface Avoidance {
  /** Spare bandwidth that every link must have, kbit/s. */
  readonly bandwidthMinKbps?: number;
  readonly avoidNodes?: readonly number[];
  readonly avoidRegions?: readonly number[];
  readonly avoidTenants?: readonly number[];
  readonly avoidRiskGroups?: readonly number[];
}

/** Nodes and links that are taken to be dead; unknown ones are not there anyway. */
export function excludeDead(graph: CompactGraph, { nodes = [], links = [] }: Without): Exclusions {
  const exclusions = { nodes: new Uint8Array(graph.nodeCount), edges: new Uint8Array(graph.edgeCount) };
  for (const id of nodes) {
    const node = indexOfNode(graph, id);
    if (node >= 0) exclusions.nodes[node] = 1;
  }
  for (const [a, b] of links) {
    const tail = indexOfNode(graph, a);
    const head = indexOfNode(graph, b);
    const edge = tail < 0 || head < 0 ? -1 : findEdge(graph, tail, head);
    if (edge < 0) continue;
    exclusions.edges[edge] = 1;
    exclusions.edges[graph.opposites[edge]!] = 1;
  }
  return exclusions;
}

/** Adds to `dead` what the constraints forbid. The two ends of the path are exempt: the caller named them. */
export function excludeAvoided(
  graph: CompactGraph,
  dead: Exclusions,
  avoidance: Avoidance,
  ends: readonly number[],
): Exclusions {
  const nodes = dead.nodes.slice();
  const edges = dead.edges.slice();
  const ids = new Set(avoidance.avoidNodes);
  const regions = new Set(avoidance.avoidRegions);
  const tenants = new Set(avoidance.avoidTenants);
  const groups = new Set(avoidance.avoidRiskGroups);
  for (let node = 0; node < graph.nodeCount; node += 1) {
    if (ends.includes(node)) continue;
    const isAvoided =
      ids.has(graph.nodeIds[node]!) || regions.has(graph.regions[node]!) || tenants.has(graph.tenants[node]!);
    if (isAvoided) nodes[node] = 1;
  }
  const bandwidthMinKbps = avoidance.bandwidthMinKbps ?? 0;
  for (let edge = 0; edge < graph.edgeCount; edge += 1) {
    const isNarrow = graph.spareKbps[edge]! < bandwidthMinKbps;
    if (isNarrow || graph.riskGroups[edge]!.some((group) => groups.has(group))) edges[edge] = 1;
  }
  return { nodes, edges };
}
