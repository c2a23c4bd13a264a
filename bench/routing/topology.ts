import type { GraphLink, GraphNode } from '@peermesh/routing';

export const NODES = 1_000;
export const LINKS = 4_000;

/** Numbers in [0, 1) from a seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A connected random topology: a random tree and chords, costs of 1 to 100,000 that differ by direction. */
export function randomTopology(random: () => number): GraphNode[] {
  const links: GraphLink[][] = Array.from({ length: NODES }, () => []);
  const known = new Set<number>();
  const connect = (a: number, b: number): void => {
    const key = Math.min(a, b) * NODES + Math.max(a, b);
    if (a === b || known.has(key)) return;
    known.add(key);
    for (const [tail, head] of [[a, b] as const, [b, a] as const]) {
      const cost = 1 + Math.floor(random() * 100_000);
      links[tail]?.push({ peer: head, linkId: key, cost, latencyUs: cost, spareKbps: 1_000_000, riskGroups: [] });
    }
  };
  for (let node = 1; node < NODES; node += 1) connect(node, Math.floor(random() * node));
  while (known.size < LINKS) connect(Math.floor(random() * NODES), Math.floor(random() * NODES));
  return links.map((own, id) => ({ id, isTransit: true, region: 0, tenant: 0, links: own }));
}
