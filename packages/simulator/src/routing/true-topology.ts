import type { GraphNode } from '@peermesh/routing';

interface TrueLink {
  readonly to: number;
  readonly cost: number;
}

/** What is dead: a node, or a link in both directions. */
export interface Dead {
  readonly node?: number;
  readonly link?: readonly [number, number];
}

/** The topology as it is, searched in the plainest way: the measure for the code under test, sharing nothing with it. */
export class TrueTopology {
  readonly nodes: readonly GraphNode[];
  readonly #links = new Map<number, TrueLink[]>();
  readonly #isTransit = new Map<number, boolean>();

  constructor(nodes: readonly GraphNode[]) {
    this.nodes = nodes;
    const peers = new Map(nodes.map(({ id, links }) => [id, new Set(links.map(({ peer }) => peer))]));
    for (const { id, isTransit, links } of nodes) {
      this.#isTransit.set(id, isTransit);
      const both = links.filter(({ peer }) => peers.get(peer)?.has(id) === true);
      this.#links.set(
        id,
        both.map(({ peer, cost }) => ({ to: peer, cost })),
      );
    }
  }

  isTransit(id: number): boolean {
    return this.#isTransit.get(id) === true;
  }

  neighbours(id: number): number[] {
    return (this.#links.get(id) ?? []).map(({ to }) => to);
  }

  cost(from: number, to: number): number {
    let best = Number.POSITIVE_INFINITY;
    for (const link of this.#links.get(from) ?? []) if (link.to === to) best = Math.min(best, link.cost);
    return best;
  }

  /** Costs of the best ways, by relaxation until nothing changes (Bellman, Ford). Only what is in reach is in the map. */
  distances(from: number, dead: Dead = {}): Map<number, number> {
    const best = new Map([[from, 0]]);
    let changed = [from];
    while (changed.length > 0) {
      const next = new Set<number>();
      for (const tail of changed) {
        if (tail !== from && !this.isTransit(tail)) continue;
        const base = best.get(tail) as number;
        for (const { to, cost } of this.#links.get(tail) ?? []) {
          if (isDead(dead, tail, to) || base + cost >= (best.get(to) ?? Number.POSITIVE_INFINITY)) continue;
          best.set(to, base + cost);
          next.add(to);
        }
      }
      changed = [...next];
    }
    return best;
  }

  /** What is in reach of a node, itself included. */
  reach(from: number, dead: Dead = {}): Set<number> {
    const reached = new Set([from]);
    for (const tail of reached) {
      if (tail !== from && !this.isTransit(tail)) continue;
      for (const { to } of this.#links.get(tail) ?? [])
        if (!reached.has(to) && !isDead(dead, tail, to)) reached.add(to);
    }
    return reached;
  }

  /** Costs of all loop-free paths, ascending, with their nodes: for a handful of nodes. */
  allPaths(from: number, to: number): { readonly nodes: readonly number[]; readonly cost: number }[] {
    const found: { nodes: readonly number[]; cost: number }[] = [];
    const visit = (nodes: readonly number[], cost: number): void => {
      const at = nodes.at(-1) as number;
      if (at === to) {
        found.push({ nodes, cost });
        return;
      }
      if (at !== from && !this.isTransit(at)) return;
      for (const link of this.#links.get(at) ?? []) {
        if (!nodes.includes(link.to)) visit([...nodes, link.to], cost + link.cost);
      }
    };
    visit([from], 0);
    return found.sort((a, b) => a.cost - b.cost);
  }

  /** Why a strict route is not one, or undefined when it is: links that are there, relays that relay, no node twice. */
  flawOf(from: number, segments: readonly number[], to: number, dead: Dead = {}): string | undefined {
    const visited = new Set([from]);
    let tail = from;
    for (const head of segments) {
      if (visited.has(head)) return `visits ${head} twice`;
      if (tail !== from && !this.isTransit(tail)) return `${tail} relays nothing`;
      if (!Number.isFinite(this.cost(tail, head))) return `there is no link ${tail}-${head}`;
      if (isDead(dead, tail, head)) return `${tail}-${head} is dead`;
      visited.add(head);
      tail = head;
    }
    return tail === to ? undefined : `ends at ${tail}`;
  }

  without(dead: Dead): GraphNode[] {
    return this.nodes
      .filter(({ id }) => id !== dead.node)
      .map((node) => ({ ...node, links: node.links.filter(({ peer }) => !isDead(dead, node.id, peer)) }));
  }
}

function isDead({ node, link }: Dead, tail: number, head: number): boolean {
  if (node !== undefined && (tail === node || head === node)) return true;
  return link !== undefined && link.includes(tail) && link.includes(head);
}
