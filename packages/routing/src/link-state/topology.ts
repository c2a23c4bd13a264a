import { type CostWeights, LINK_COST_MAX, linkCost } from '../cost.ts';
import { buildGraph, type CompactGraph, type GraphNode, indexOfNode } from '../graph/compact-graph.ts';
import { withDraining } from '../graph/last-resort.ts';
import { type Advertisement, hasFlag, isTransit, NodeFlag } from './advertisement.ts';
import { isPresent } from './database.ts';
import type { SignedAdvertisement } from './signing.ts';

/** What a link out of an overloaded node costs more: two of them outweigh any path around, so they are a last resort. */
const OVERLOAD_COST = LINK_COST_MAX;

/** Turns advertisements into graphs; what an advertisement contributes is computed once. */
export class TopologyBuilder {
  readonly #weights: CostWeights;
  readonly #nodes = new WeakMap<Advertisement, GraphNode>();

  constructor(weights: CostWeights) {
    this.#weights = weights;
  }

  /**
   * The topology that advertisements describe. A node that drains relays nothing, unless the mesh would fall apart without it:
   * then nodes that drain are a last resort.
   */
  build(entries: Iterable<SignedAdvertisement>): CompactGraph {
    const nodes: GraphNode[] = [];
    const draining: number[] = [];
    for (const entry of entries) {
      if (!isPresent(entry)) continue;
      const { origin, flags } = entry.advertisement;
      nodes.push(this.#node(entry.advertisement));
      if (hasFlag(flags, NodeFlag.RELAY) && hasFlag(flags, NodeFlag.DRAIN)) draining.push(origin);
    }
    const graph = buildGraph(nodes);
    if (draining.length === 0) return graph;
    const drains = new Uint8Array(graph.nodeCount);
    for (const id of draining) drains[indexOfNode(graph, id)] = 1;
    return withDraining(graph, drains);
  }

  #node(advertisement: Advertisement): GraphNode {
    const known = this.#nodes.get(advertisement);
    if (known) return known;
    const { origin, flags, region, tenant, links } = advertisement;
    const extra = hasFlag(flags, NodeFlag.OVERLOAD) ? OVERLOAD_COST : 0;
    const node = {
      id: origin,
      isTransit: isTransit(flags),
      region,
      tenant,
      links: links.map((link) => ({
        peer: link.peer,
        linkId: link.linkId,
        cost: linkCost(link, link.penalty, this.#weights) + extra,
        latencyUs: link.latencyUs,
        spareKbps: link.spareKbps,
        riskGroups: link.riskGroups,
      })),
    };
    this.#nodes.set(advertisement, node);
    return node;
  }
}
