/** One direction of a link, as its tail advertises it. */
export interface GraphLink {
  readonly peer: number;
  readonly linkId: number;
  /** A whole number of at least 1. */
  readonly cost: number;
  readonly latencyUs: number;
  readonly spareKbps: number;
  readonly riskGroups: readonly number[];
}

export interface GraphNode {
  readonly id: number;
  /** Whether it carries the traffic of others. */
  readonly isTransit: boolean;
  readonly region: number;
  readonly tenant: number;
  readonly links: readonly GraphLink[];
}

/**
 * A topology in typed arrays (compressed sparse rows). Nodes are indexes in the order of their ids, so a tie that is
 * broken by index is broken alike on every node of the mesh. Immutable: a change of topology makes a new graph.
 */
export interface CompactGraph {
  readonly nodeCount: number;
  readonly edgeCount: number;
  /** Ids by index, ascending. */
  readonly nodeIds: Uint32Array;
  readonly transit: Uint8Array;
  /** By index 1 for those that could relay and should not, since they drain; absent where nobody does. */
  readonly draining?: Uint8Array;
  /** By index 1 for those that relay because some have no other way; absent where nobody has to. */
  readonly lastResort?: Uint8Array;
  readonly regions: Uint32Array;
  readonly tenants: Uint32Array;
  /** The edges out of node `v` are `offsets[v]` to `offsets[v + 1] - 1`, ascending by target. */
  readonly offsets: Uint32Array;
  readonly sources: Uint32Array;
  readonly targets: Uint32Array;
  readonly costs: Float64Array;
  /** The same link in the other direction: the edges into `v` are the opposites of the edges out of `v`. */
  readonly opposites: Uint32Array;
  readonly linkIds: Uint32Array;
  readonly latencyUs: Uint32Array;
  readonly spareKbps: Uint32Array;
  readonly riskGroups: readonly (readonly number[])[];
}

/**
 * Builds a graph. A link counts only when both ends advertise it (the two-way check of OSPF and IS-IS), and of parallel
 * links between two nodes the cheapest does: segments name nodes, so they could not tell the others apart.
 */
export function buildGraph(nodes: readonly GraphNode[]): CompactGraph {
  const sorted = [...nodes].sort((a, b) => a.id - b.id);
  const nodeCount = sorted.length;
  const nodeIds = Uint32Array.from(sorted, ({ id }) => id);
  const indexes = new Map<number, number>();
  for (let index = 0; index < nodeCount; index += 1) indexes.set(nodeIds[index]!, index);
  const rows = sorted.map(cheapestLinks);
  const edges: GraphLink[] = [];
  const offsets = new Uint32Array(nodeCount + 1);
  for (let tail = 0; tail < nodeCount; tail += 1) {
    const id = nodeIds[tail]!;
    for (const link of rows[tail]!.values()) {
      const head = link.peer === id ? undefined : indexes.get(link.peer);
      if (head !== undefined && rows[head]!.has(id)) edges.push(link);
    }
    offsets[tail + 1] = edges.length;
  }
  const targets = Uint32Array.from(edges, ({ peer }) => indexes.get(peer)!);
  const sources = tailOfEdges(offsets, edges.length);
  return {
    nodeCount,
    edgeCount: edges.length,
    nodeIds,
    transit: Uint8Array.from(sorted, ({ isTransit }) => (isTransit ? 1 : 0)),
    regions: Uint32Array.from(sorted, ({ region }) => region),
    tenants: Uint32Array.from(sorted, ({ tenant }) => tenant),
    offsets,
    sources,
    targets,
    costs: Float64Array.from(edges, ({ cost }) => cost),
    opposites: oppositeEdges(offsets, sources, targets),
    linkIds: Uint32Array.from(edges, ({ linkId }) => linkId),
    latencyUs: Uint32Array.from(edges, ({ latencyUs }) => latencyUs),
    spareKbps: Uint32Array.from(edges, ({ spareKbps }) => spareKbps),
    riskGroups: edges.map(({ riskGroups }) => riskGroups),
  };
}

/** The index of a node, or -1. */
export function indexOfNode({ nodeIds }: Pick<CompactGraph, 'nodeIds'>, id: number): number {
  let low = 0;
  let high = nodeIds.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (nodeIds[middle]! < id) low = middle + 1;
    else high = middle;
  }
  return nodeIds[low] === id ? low : -1;
}

/** The edge from one index to another, or -1. */
export function findEdge({ offsets, targets }: CompactGraph, tail: number, head: number): number {
  return findTarget(offsets, targets, tail, head);
}

function cheapestLinks({ links }: GraphNode): Map<number, GraphLink> {
  const ordered = [...links].sort((a, b) => a.peer - b.peer || a.cost - b.cost || a.linkId - b.linkId);
  const byPeer = new Map<number, GraphLink>();
  for (const link of ordered) if (!byPeer.has(link.peer)) byPeer.set(link.peer, link);
  return byPeer;
}

function tailOfEdges(offsets: Uint32Array, edgeCount: number): Uint32Array {
  const sources = new Uint32Array(edgeCount);
  for (let tail = 0; tail + 1 < offsets.length; tail += 1) sources.fill(tail, offsets[tail]!, offsets[tail + 1]!);
  return sources;
}

function oppositeEdges(offsets: Uint32Array, sources: Uint32Array, targets: Uint32Array): Uint32Array {
  const opposites = new Uint32Array(targets.length);
  for (let edge = 0; edge < targets.length; edge += 1) {
    opposites[edge] = findTarget(offsets, targets, targets[edge]!, sources[edge]!);
  }
  return opposites;
}

function findTarget(offsets: Uint32Array, targets: Uint32Array, tail: number, head: number): number {
  let low = offsets[tail]!;
  const end = offsets[tail + 1]!;
  let high = end;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (targets[middle]! < head) low = middle + 1;
    else high = middle;
  }
  return low < end && targets[low] === head ? low : -1;
}
