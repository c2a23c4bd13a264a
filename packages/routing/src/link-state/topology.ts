import { type CostWeights, LINK_COST_MAX, linkCost } from '../cost.ts';
import { buildGraph, type CompactGraph, type GraphNode } from '../graph/compact-graph.ts';
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

  build(entries: Iterable<SignedAdvertisement>): CompactGraph {
    const nodes: GraphNode[] = [];
    for (const entry of entries) if (isPresent(entry)) nodes.push(this.#node(entry.advertisement));
    return buildGraph(nodes);
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
