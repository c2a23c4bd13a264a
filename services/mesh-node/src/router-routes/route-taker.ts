import { signNodeProof } from '@peermesh/authz';
import type { MeshOfferRefusal, MeshRouteOffer } from '@peermesh/overlay';
import type { NodeKey } from '../identity/index.ts';
import type { MeshDriver } from '../runtime/mesh-driver.ts';

/** Which member of which mesh this node is. */
export interface MemberIdentity {
  readonly meshId: string;
  readonly nodeId: string;
  readonly shortId: number;
}

/** Where routes of a router go: the core of this node, which checks them. */
export interface RouteTaker {
  /** Null while this node is no member. */
  self(): MemberIdentity | null;
  /** Shows a service that this node holds its key. */
  prove(self: MemberIdentity, audience: string): Promise<string>;
  /** The tag of the answer that is in use; null while all routes are the node's own. */
  tagInUse(): string | null;
  take(offer: MeshRouteOffer): MeshOfferRefusal | undefined;
  /** False when that answer is not in use any more. */
  confirm(tag: string, validForMs: number): boolean;
}

/** Takes routes into the core, between two turns of its event loop. */
export function createRouteTaker(
  driver: MeshDriver,
  key: Pick<NodeKey, 'nodeId' | 'privateKey'>,
  wallMs: () => number,
): RouteTaker {
  return {
    self: () => {
      const { session } = driver.core;
      if (session === null || !session.isCurrent) return null;
      return { meshId: session.plane.state.meshId, nodeId: key.nodeId, shortId: session.shortId };
    },
    prove: (self, audience) => signNodeProof(self, audience, key.privateKey, new Date(wallMs())),
    tagInUse: () => driver.core.overlay?.router?.offers.inUse?.tag ?? null,
    take: (offer) => driver.run((core, nowMs) => core.offerRoutes(offer, nowMs)),
    confirm: (tag, validForMs) => driver.run((core, nowMs) => core.confirmRoutes(tag, validForMs, nowMs)) ?? false,
  };
}
