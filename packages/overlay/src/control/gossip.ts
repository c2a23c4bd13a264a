import {
  createMembership,
  type Membership,
  type MembershipConfig,
  type MembershipEvent,
  type Packet,
} from '@peermesh/membership';
import type { MemberDirectory } from '../members.ts';

/** What the membership core is made of here. */
export interface GossipOptions {
  readonly meshId: string;
  readonly nodeId: string;
  readonly config: MembershipConfig;
  readonly members: MemberDirectory;
  readonly random: () => number;
  readonly nowMs: number;
}

/** Failure detection among the members that the control group committed: SWIM decides who is reachable, not who belongs. */
export class Gossip {
  readonly core: Membership;
  readonly #members: MemberDirectory;
  readonly #nodeId: string;

  constructor({ meshId, nodeId, config, members, random, nowMs }: GossipOptions) {
    this.#members = members;
    this.#nodeId = nodeId;
    const isListed = ({ id, identity }: { id: string; identity: string }): boolean =>
      id === identity && members.byNodeId(id) !== undefined;
    this.core = createMembership({
      meshId,
      self: recordOf(nodeId),
      config,
      random,
      now: nowMs,
      admission: { policy: 'CLOSED', checkKey: () => false, isListed },
    });
  }

  /** The list of members has changed. */
  refresh(gone: readonly string[], nowMs: number): void {
    for (const nodeId of gone) this.core.remove(nodeId);
    for (const { nodeId } of this.#members.all()) if (nodeId !== this.#nodeId) this.core.admit(recordOf(nodeId), nowMs);
  }

  isFailed(nodeId: string): boolean {
    const state = this.core.get(nodeId)?.state;
    return state === 'failed' || state === 'left';
  }

  takeReady(): { packets: readonly Packet[]; events: readonly MembershipEvent[]; nextTickAtMs: number } {
    return this.core.takeReady();
  }
}

/** Members are named by their keys; where a node is reached is the overlay's business. */
function recordOf(nodeId: string): { id: string; address: string; identity: string } {
  return { id: nodeId, address: nodeId, identity: nodeId };
}
