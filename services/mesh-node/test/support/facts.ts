import type { Fact } from '../../src/facts/fact.ts';

/** Id of an imagined node. */
export function nodeIdOf(shortId: number): string {
  return Buffer.alloc(32, shortId).toString('base64url');
}

/** What a node advertised. */
export function linkState(
  origin: number,
  version: { readonly epoch: number; readonly sequence: number },
): Fact & { kind: 'link_state' } {
  return {
    kind: 'link_state',
    data: {
      meshId: 'harbour',
      origin,
      nodeId: nodeIdOf(origin),
      name: `quay-${origin}`,
      version,
      flags: { inbound: true, relay: true, drain: false, overload: false },
      withdrawn: false,
      region: '',
      tenant: '',
      lifetimeMs: 180_000,
      links: [
        {
          peer: origin + 1,
          linkId: 0,
          latencyUs: 800,
          jitterUs: 10,
          lossPpm: 0,
          spareKbps: 1_000_000,
          weight: 0,
          penalty: 0,
          riskGroups: [],
        },
      ],
    },
  };
}

/** A batch that was appended at an offset. */
export function messages(firstOffset: number): Fact & { kind: 'messages' } {
  return {
    kind: 'messages',
    meshId: 'harbour',
    node: 1,
    tenantId: 'default',
    topic: 'berths',
    origin: 1,
    firstOffset,
    messages: 3,
    bytes: 300,
    at: new Date('2026-11-21T08:00:00.000Z'),
  };
}

/** What the control group decided about a member. */
export function member(
  change: 'joined' | 'left' | 'evicted',
  shortId: number,
  version: number,
): Fact & { kind: 'member' } {
  return {
    kind: 'member',
    change,
    member: { meshId: 'harbour', shortId, nodeId: nodeIdOf(shortId), name: `quay-${shortId}`, region: 'north' },
    addresses: [`ws://quay-${shortId}:8201`],
    version,
    override: false,
  };
}
