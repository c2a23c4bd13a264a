import type { Path } from '../forwarding/routes.ts';
import type { CompactGraph } from '../graph/compact-graph.ts';
import type { GraphPath } from '../graph/search-space.ts';

/** A path in terms of node ids, with the figures that a user asks for. */
export type DescribedPath = Omit<Path, 'id'>;

export function describePath(graph: CompactGraph, path: GraphPath, share: number): DescribedPath {
  let spareKbps = 0xffff_ffff;
  for (const edge of path.edges) spareKbps = Math.min(spareKbps, graph.spareKbps[edge]!);
  return {
    segments: path.edges.map((edge) => graph.nodeIds[graph.targets[edge]!]!),
    cost: path.cost,
    latencyUs: latencyOf(graph, path),
    spareKbps,
    share,
  };
}

/** Sum of the round-trip times, µs. */
export function latencyOf(graph: CompactGraph, { edges }: GraphPath): number {
  let latencyUs = 0;
  for (const edge of edges) latencyUs += graph.latencyUs[edge]!;
  return latencyUs;
}
