import { hasFlag, NodeFlag } from '@peermesh/routing';
import type { DialConfig } from '../config.ts';
import type { OverlayMember } from '../members.ts';

/**
 * The members that this node keeps connections to. In a small mesh all that can be dialled; in a larger one the next of
 * them in the order of short ids, which ties everybody together, and some by rendezvous hashing, which keep the mesh
 * shallow. Those that are unreachable stay in the choice, because that is how a partition heals, and get substitutes.
 */
export function chooseNeighbours(
  self: OverlayMember,
  members: readonly OverlayMember[],
  isFailed: (nodeId: string) => boolean,
  config: DialConfig,
): OverlayMember[] {
  const dialable = members.filter(
    ({ shortId, address, flags }) => shortId !== self.shortId && address !== '' && hasFlag(flags, NodeFlag.INBOUND),
  );
  if (members.length <= config.fullMeshMax) return dialable;
  const first = dialable.findIndex(({ shortId }) => shortId > self.shortId);
  const ring = first < 0 ? dialable : [...dialable.slice(first), ...dialable.slice(0, first)];
  const hashed = [...dialable].sort((a, b) => weightOf(self, b) - weightOf(self, a));
  const chosen = new Set<OverlayMember>();
  for (const [order, count] of [
    [ring, config.ringLinks],
    [hashed, config.rendezvousLinks],
  ] as const) {
    for (const member of order.slice(0, count)) chosen.add(member);
    for (const member of order.filter(({ nodeId }) => !isFailed(nodeId)).slice(0, count)) chosen.add(member);
  }
  return [...chosen];
}

/** Highest random weight (Thaler and Ravishankar, 1996): each node ranks the others in an order of its own. */
function weightOf(self: OverlayMember, other: OverlayMember): number {
  let hash = Math.imul(self.shortId ^ 0x9e37_79b9, 0x85eb_ca6b) ^ Math.imul(other.shortId, 0xc2b2_ae35);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b_3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a_2d39);
  return (hash ^ (hash >>> 15)) >>> 0;
}
