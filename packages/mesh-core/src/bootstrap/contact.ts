import type { OverlayMember } from '@peermesh/overlay';
import type { Member } from '@peermesh/replication';
import { number, record, text, type ValueOf } from '@peermesh/replication/wire';
import { NodeFlag } from '@peermesh/routing';

const shortId = number(2 ** 32 - 1);

export const contactField = record({
  shortId,
  nodeId: text(64),
  address: text(512),
  flags: number(2 ** 16 - 1),
  region: shortId,
  tenant: shortId,
});
/** What is needed to reach a member. */
export type Contact = ValueOf<typeof contactField>;

/** What the overlay is told of a member. */
export function contactOf(member: Member): Contact & OverlayMember {
  const { shortId: id, nodeId, address, isInbound, isRelay, isDraining, region, tenant } = member;
  const flags = (isInbound ? NodeFlag.INBOUND : 0) | (isRelay ? NodeFlag.RELAY : 0) | (isDraining ? NodeFlag.DRAIN : 0);
  return { shortId: id, nodeId, address, flags, region: numberOf(region), tenant: numberOf(tenant) };
}

/** Routing knows regions and tenants by number: the same name gives the same one on all nodes; 0 is none (FNV-1a). */
export function numberOf(name: string): number {
  if (name === '') return 0;
  let hash = 0x811c_9dc5;
  for (const byte of Buffer.from(name)) hash = Math.imul(hash ^ byte, 0x0100_0193) >>> 0;
  return hash === 0 ? 1 : hash;
}
