import type { GraphLink, GraphNode } from '../../src/graph/compact-graph.ts';
import { integerBetween } from './random.ts';

export interface TopologyShape {
  readonly nodes: number;
  /** Undirected links beside the spanning tree. */
  readonly extraLinks: number;
  /** Largest cost; small ones make many equal paths. */
  readonly costMax: number;
  /** Part of the nodes that relays nothing. */
  readonly leafRatio: number;
}

/** A connected random topology (a random tree and extra links) whose ids are neither dense nor in order. */
export function randomTopology(random: () => number, shape: TopologyShape): GraphNode[] {
  const ids = Array.from({ length: shape.nodes }, (_, index) => index * 7 + integerBetween(random, 1, 7));
  const links: GraphLink[][] = ids.map(() => []);
  const pairs = new Set<number>();
  const connect = (a: number, b: number): void => {
    const key = Math.min(a, b) * shape.nodes + Math.max(a, b);
    if (a === b || pairs.has(key)) return;
    pairs.add(key);
    const riskGroups = random() < 0.2 ? [integerBetween(random, 1, 5)] : [];
    for (const [tail, head] of [
      [a, b],
      [b, a],
    ] as const) {
      links[tail]!.push({
        peer: ids[head]!,
        linkId: key,
        cost: integerBetween(random, 1, shape.costMax),
        latencyUs: integerBetween(random, 100, 50_000),
        spareKbps: integerBetween(random, 1, 1_000_000),
        riskGroups,
      });
    }
  };
  for (let node = 1; node < shape.nodes; node += 1) connect(node, integerBetween(random, 0, node - 1));
  for (let extra = 0; extra < shape.extraLinks; extra += 1) {
    connect(integerBetween(random, 0, shape.nodes - 1), integerBetween(random, 0, shape.nodes - 1));
  }
  return ids.map((id, index) => ({
    id,
    isTransit: random() >= shape.leafRatio,
    region: integerBetween(random, 1, 4),
    tenant: integerBetween(random, 1, 3),
    links: links[index]!,
  }));
}
