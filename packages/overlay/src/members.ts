/** A member of the mesh, as the control group committed it. */
export interface OverlayMember {
  /** u32 from 1, assigned on admission. */
  readonly shortId: number;
  /** The public key, base64url without padding. */
  readonly nodeId: string;
  /** Where it is dialled; empty when it accepts no connections. */
  readonly address: string;
  /** Bits of `NodeFlag`: INBOUND, RELAY, DRAIN. */
  readonly flags: number;
  readonly region?: number;
  readonly tenant?: number;
}

/** The members by both of their names. */
export class MemberDirectory {
  #byShortId = new Map<number, OverlayMember>();
  #byNodeId = new Map<string, OverlayMember>();

  get size(): number {
    return this.#byShortId.size;
  }

  /** Takes over a committed list and returns the node ids that are in it no more. */
  replace(members: readonly OverlayMember[]): string[] {
    const before = this.#byNodeId;
    this.#byShortId = new Map(members.map((member) => [member.shortId, member]));
    this.#byNodeId = new Map(members.map((member) => [member.nodeId, member]));
    return [...before.keys()].filter((nodeId) => !this.#byNodeId.has(nodeId));
  }

  byShortId(shortId: number): OverlayMember | undefined {
    return this.#byShortId.get(shortId);
  }

  byNodeId(nodeId: string): OverlayMember | undefined {
    return this.#byNodeId.get(nodeId);
  }

  isMember(shortId: number): boolean {
    return this.#byShortId.has(shortId);
  }

  /** Ascending by short id. */
  all(): OverlayMember[] {
    return [...this.#byShortId.values()].sort((a, b) => a.shortId - b.shortId);
  }
}
