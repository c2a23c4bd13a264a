/** Stable identity of a member in the mesh: 1 to 64 visible ASCII characters. */
export type NodeId = string;

/** How other members see a member. `left` is a farewell of its own, `failed` is a verdict of others. */
export type MemberState = 'alive' | 'suspect' | 'failed' | 'left';

/** What a member says about itself. */
export interface MemberRecord {
  readonly id: NodeId;
  /** Where it is reached; opaque to the protocol, 1 to 128 visible ASCII characters. */
  readonly address: string;
  /** Fingerprint of its key, up to 128 visible ASCII characters. An id passes to another identity only after a farewell. */
  readonly identity: string;
  /** Raised with every change of `metadata`. */
  readonly metadataVersion: number;
  /** Free text, bounded by `metadataBytesMax`. */
  readonly metadata: string;
  /** Protocol versions that it speaks. */
  readonly versionMin: number;
  readonly versionMax: number;
}

/** `record.id` is alive in this incarnation; only that member raises its incarnation. */
export interface AliveClaim {
  readonly kind: 'alive';
  readonly incarnation: number;
  readonly record: MemberRecord;
}

/** `by` got no answer from `id` (suspect), or declares it failed after a suspicion that nobody refuted. */
export interface Accusation {
  readonly kind: 'suspect' | 'failed';
  readonly incarnation: number;
  readonly id: NodeId;
  readonly by: NodeId;
}

/** `id` left of its own will. */
export interface LeftClaim {
  readonly kind: 'left';
  readonly incarnation: number;
  readonly id: NodeId;
}

/** One statement about one member; claims are what gossip carries. */
export type Claim = AliveClaim | Accusation | LeftClaim;

/** The member that a claim is about. */
export function subjectOf(claim: Claim): NodeId {
  return claim.kind === 'alive' ? claim.record.id : claim.id;
}
