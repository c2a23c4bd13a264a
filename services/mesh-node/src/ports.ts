import type { JoinPolicy, Mesh, MeshNode, MeshPath, NodeStatus, Topology, TraceHop } from '@peermesh/contracts/mesh';
import type { PeerMeshError } from '@peermesh/errors';

/** What a node says of itself and its links, without the stores that only the service knows. */
export type RuntimeStatus = Omit<
  NodeStatus,
  'backends' | 'pendingFacts' | 'lostFacts' | 'eventLoopDelayMs' | 'uptimeSeconds'
>;

/** A change that watchers hear of. */
export type MeshChange =
  | { readonly type: 'mesh'; readonly mesh: Mesh }
  | { readonly type: 'node'; readonly change: 'joined' | 'updated'; readonly node: MeshNode }
  | {
      readonly type: 'removed';
      readonly change: 'left' | 'evicted' | 'replaced' | 'revoked';
      readonly shortId: number;
      readonly nodeId: string;
      readonly name: string;
    }
  | { readonly type: 'link'; readonly peer: number; readonly isUp: boolean }
  | { readonly type: 'peer'; readonly nodeId: string; readonly name: string; readonly isHealthy: boolean }
  | { readonly type: 'health'; readonly health: Mesh['health']; readonly unreachable: number }
  | { readonly type: 'leader'; readonly leader: number | null; readonly term: number };

/**
 * The mesh as one node runs it. Reads answer from memory and throw `PM_MESH_NOT_MEMBER` where they need a mesh; changes
 * resolve when the control group has committed them and reject with a catalogue error. None of them waits for PostgreSQL,
 * Redis or NATS.
 */
export interface MeshRuntime {
  status(): RuntimeStatus;
  seed(wish: {
    readonly meshId: string;
    readonly joinPolicy: JoinPolicy;
  }): Promise<{ mesh: Mesh; joinKey: string | null }>;
  join(wish: {
    readonly meshId: string;
    readonly addresses: readonly string[];
    readonly joinKey: string | null;
  }): Promise<Mesh>;
  leave(operator: string): Promise<void>;
  mesh(): Mesh;
  nodes(): readonly MeshNode[];
  /** By id, number or name. */
  node(reference: string): MeshNode;
  evict(reference: string, by: { readonly operator: string; readonly override: boolean }): Promise<void>;
  drain(reference: string, isDraining: boolean, operator: string): Promise<void>;
  topology(): Topology;
  /** From this node as installed when `from` is null; else computed from the topology. */
  paths(from: string | null, to: string): { readonly from: number; readonly to: number; readonly paths: MeshPath[] };
  trace(
    to: string,
    timeoutMs: number,
  ): Promise<{ readonly to: number; readonly computedBy: 'router' | 'node' | null; readonly hops: TraceHop[] }>;
  /** Calls `listener` synchronously for each change until the returned function is called. */
  watch(listener: (change: MeshChange) => void): () => void;
}

/** One message as a subscriber gets it. */
export interface TopicRecord {
  /** Null for one that is in no log. */
  readonly offset: number | null;
  readonly origin: number;
  readonly publishedAtMs: number;
  readonly payload: Uint8Array;
}

/** Topics of one node. A topic is named inside its tenant; nobody sees the topics of another. */
export interface Topics {
  /** Reliable messages are durable here when it resolves. Rejects with `PM_MESH_BUSY` or `PM_MESH_STORAGE_FAILED`. */
  publish(
    where: { readonly tenantId: string; readonly topic: string },
    batch: {
      readonly delivery: 'reliable' | 'best_effort';
      readonly priority: 'system' | 'internal' | 'client';
      readonly messages: readonly { readonly payload: Uint8Array }[];
    },
  ): Promise<{ readonly accepted: number; readonly firstOffset: number | null }>;
  /** Rejects with `PM_MESH_OFFSET_GONE` or `PM_MESH_RECORD_DAMAGED`. */
  read(
    where: { readonly tenantId: string; readonly topic: string },
    from: number,
    limit: number,
  ): Promise<{
    readonly records: readonly TopicRecord[];
    readonly nextOffset: number;
    readonly firstOffset: number;
    readonly endOffset: number;
  }>;
  /**
   * `onRecord` says whether the reader has room; while it has not, nothing more comes until `resume`. `onClosed` is called
   * once when the node ends the subscription, and says why. Throws `PM_MESH_OFFSET_GONE`.
   */
  subscribe(
    where: { readonly tenantId: string; readonly topic: string },
    from: 'latest' | 'earliest' | number,
    onRecord: (record: TopicRecord) => boolean,
    onClosed: (error: PeerMeshError) => void,
  ): { resume(): void; close(): void };
}
