import type { Entry, HardState, Snapshot } from '@peermesh/consensus';
import type { OverlaySigner } from '@peermesh/overlay';
import type { JoinPolicy, NodeDescription } from '@peermesh/replication';
import type { MeshCoreConfig } from './config.ts';

/** What a node's disk holds of its mesh; what is not there is null or empty. */
export interface Restored {
  /** As in {@link MeshBatch.record}. */
  readonly record: Uint8Array | null;
  readonly hardState: HardState | null;
  readonly snapshot: Snapshot | null;
  /** Behind the snapshot, without gaps. */
  readonly entries: readonly Entry[];
  /** Addresses of nodes that this one was connected to: dialled besides those that the record knows. */
  readonly peers?: readonly string[];
}

/** A disk that was never used. */
export const NOTHING_RESTORED: Restored = { record: null, hardState: null, snapshot: null, entries: [] };

/** Who a node is. */
export interface MeshSelf {
  /** Its Ed25519 public key, base64url without padding; every connection has proved it. */
  readonly nodeId: string;
  /** Drawn when the disk was first used. */
  readonly volumeId: string;
  /** Counts the starts of this node; raised on the disk before each start. */
  readonly bootEpoch: number;
  /** Public X25519 key for key epochs; empty without. */
  readonly sealingKey: Uint8Array;
  /** Serial number of the certificate in upper-case hex; empty without. */
  readonly certificate: string;
  readonly description: NodeDescription;
}

export interface MeshCoreOptions {
  readonly self: MeshSelf;
  readonly signer: OverlaySigner;
  /** A number in [0, 1), not to be guessed: request ids come from it. */
  readonly random: () => number;
  readonly config: MeshCoreConfig;
  readonly restored: Restored;
}

/** A join key to begin with. Its secret is long and random: only its hash is kept. */
export interface SeedKey {
  readonly id: string;
  readonly secret: string;
  /** Ms since 1970; 0 for a key that does not expire. */
  readonly expiresAtMs: number;
  /** 0 for a key that may be used without end. */
  readonly usesMax: number;
}

/** A mesh to begin. */
export interface SeedWish {
  readonly meshId: string;
  readonly policy: JoinPolicy;
  readonly joinKeys: readonly SeedKey[];
}
