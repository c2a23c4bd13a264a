import type { LinkStateData } from '../../src/domain/link-state.ts';

/** Nodes 1 to n with links of the latency given in ms per pair `a-b`; every node relays. */
export function linkStates(
  links: Readonly<Record<string, number>>,
  changes: Readonly<Record<number, Partial<LinkStateData>>> = {},
): LinkStateData[] {
  const byNode = new Map<number, LinkStateData['links']>();
  for (const [pair, latencyMs] of Object.entries(links)) {
    const [a, b] = pair.split('-').map(Number) as [number, number];
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      const own = byNode.get(from) ?? [];
      byNode.set(from, own);
      own.push({
        peer: to,
        linkId: to,
        latencyUs: latencyMs * 1000,
        jitterUs: 0,
        lossPpm: 0,
        spareKbps: 1_000_000,
        weight: 0,
        penalty: 0,
        riskGroups: [],
      });
    }
  }
  return [...byNode].map(([origin, own]) => ({
    meshId: 'harbour',
    origin,
    nodeId: null,
    name: `n${origin}`,
    version: { epoch: 1, sequence: 1 },
    flags: { inbound: true, relay: true, drain: false, overload: false },
    withdrawn: false,
    region: '',
    tenant: '',
    lifetimeMs: 180_000,
    links: own.sort((a, b) => a.peer - b.peer),
    ...changes[origin],
  }));
}
