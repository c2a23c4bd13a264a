import type { FilterField, Leg } from '@peermesh/contracts/search';

/** What filters, facets, access control and freshness look at. */
export interface RecordAttributes {
  readonly kind: 'doc' | 'entity';
  readonly acl: readonly string[];
  readonly source: string | null;
  readonly language: string | null;
  readonly topics: readonly string[];
  readonly mediaType: string | null;
  readonly authors: readonly string[];
  readonly entityType: string | null;
  /** The same for records of the same content; null where that means nothing. */
  readonly fingerprint: string | null;
  /** The title or name as names are compared; null when it is empty or long. */
  readonly nameKey: string | null;
  /** Of an entity: its other names, as names are compared. */
  readonly aliasKeys?: readonly string[];
  /** Milliseconds since the epoch. */
  readonly publishedAt: number | null;
  readonly updatedAt: number;
  readonly createdAt: number;
}

/** A vector and the space it belongs to. */
export interface SpaceVector {
  readonly space: string;
  readonly vector: Float32Array;
}

/** A document as projectors see it. */
export interface DocumentProjection {
  readonly kind: 'doc';
  readonly title: string;
  readonly text: string;
  readonly attributes: RecordAttributes;
  readonly mentions: readonly { readonly entityId: string; readonly confidence: number }[];
  readonly embedding: SpaceVector | null;
}

/** An entity as projectors see it. */
export interface EntityProjection {
  readonly kind: 'entity';
  readonly name: string;
  readonly aliases: readonly string[];
  readonly description: string;
  readonly attributes: RecordAttributes;
}

/** A relationship as projectors see it. */
export interface RelationshipProjection {
  readonly kind: 'relationship';
  readonly from: string;
  readonly to: string;
  readonly type: string;
  readonly confidence: number;
  readonly acl: readonly string[];
}

/** A record as projectors see it. */
export type Projection = DocumentProjection | EntityProjection | RelationshipProjection;

/** One step of the change log. A tombstone stays: no upsert of the same or an older version undoes it. */
export type VersionedOp =
  | {
      readonly op: 'upsert';
      readonly tenantId: string;
      readonly id: string;
      readonly version: number;
      readonly seq: number;
      readonly record: Projection;
    }
  | {
      readonly op: 'delete';
      readonly tenantId: string;
      readonly id: string;
      readonly version: number;
      readonly seq: number;
      readonly kind: Projection['kind'];
    };

/** A filter, compiled once for a request. */
export interface AttributeFilter {
  /** Null means everything. */
  readonly matches: ((id: string, attributes: RecordAttributes) => boolean) | null;
}

/** Who is asking. A record is visible when its list names one of the principals. */
export interface Viewer {
  readonly tenantId: string;
  readonly principals: readonly string[];
}

/** Where graph expansion begins. */
export interface GraphSeed {
  readonly id: string;
  readonly weight: number;
}

/** What a leg is asked. */
export interface LegQuery {
  readonly text: string;
  readonly vector: SpaceVector | null;
  readonly seeds: readonly GraphSeed[];
  readonly graph: { readonly maxHops: number; readonly fanout: number; readonly edgeTypes: readonly string[] | null };
  readonly filter: AttributeFilter;
  readonly limit: number;
  readonly facets: readonly FilterField[];
  /** Documents are returned always, entities only on request. */
  readonly kinds: readonly ('doc' | 'entity')[];
  readonly scoreMin: number | null;
}

/** What one query may cost. */
export interface LegContext {
  readonly viewer: Viewer;
  /** Aborted at the deadline or when nobody waits any more; work must stop within 50 ms. */
  readonly signal: AbortSignal;
  /** Time left when the query starts: for limits on the far side. */
  readonly timeoutMs: number;
}

/** One hit of a leg. */
export interface LegHit {
  readonly id: string;
  readonly raw: number;
  readonly attributes: RecordAttributes;
  readonly path?: readonly string[];
  readonly why?: Readonly<Record<string, unknown>>;
}

/** Counts of one field over all matches of a leg. */
export type FacetCounts = ReadonlyMap<string, number>;

/** What a leg found, best first; equal scores in order of id. */
export interface LegResult {
  readonly hits: readonly LegHit[];
  /** Every match was scored: `total` is exact. */
  readonly exhaustive: boolean;
  /** Something is missing, and `partialReason` says why. */
  readonly partial: boolean;
  readonly partialReason?: 'backfill_in_progress' | 'deadline' | 'bad_filter';
  readonly watermark: number;
  readonly total: number;
  readonly facets: ReadonlyMap<FilterField, FacetCounts>;
}

/** How much a backend has applied. */
export interface Ack {
  readonly applied: number;
  /** Older than or equal to what was there. */
  readonly ignored: number;
  readonly watermark: number;
}

/** What a backend holds: enough to compare it with the records it was made from. */
export interface BackendStats {
  readonly count: number;
  /** 64 order-independent hashes over tenant, id and version of the live records. */
  readonly bucketHashes: readonly bigint[];
  readonly watermark: number;
}

/** What a backend can do. */
export interface Capabilities {
  readonly kind: Leg;
  readonly impl: string;
  /** Kinds of records that it holds. */
  readonly holds: readonly Projection['kind'][];
  readonly facets: boolean;
  readonly durable: boolean;
  /** The space of its vectors; null where there are none. */
  readonly space: string | null;
}

/**
 * One leg of the search, in one generation. Implementations apply the change log idempotently in any order and enforce
 * the viewer inside every query. All of them pass the conformance kit. Safe for concurrent queries beside one `apply`.
 */
export interface SearchBackend {
  readonly kind: Leg;
  capabilities(): Capabilities;
  /** Makes what it needs on its store. Idempotent. */
  ensureSchema(): Promise<void>;
  /** Applies a batch and moves the watermark to `upTo`, both or neither. Newer versions win, whatever the order. */
  apply(batch: readonly VersionedOp[], upTo: number): Promise<Ack>;
  /** Rejects with the signal's reason when aborted. */
  query(query: LegQuery, context: LegContext): Promise<LegResult>;
  /** The version that is held of each id; deleted and unknown ids are absent. */
  get(tenantId: string, ids: readonly string[]): Promise<ReadonlyMap<string, number>>;
  stats(): Promise<BackendStats>;
  /** Learns what other replicas have applied. */
  refresh(): Promise<void>;
  /** The change up to which queries see everything. */
  watermark(): number;
  health(): Promise<void>;
  close(): Promise<void>;
}

/** Turns a query into a vector of one space; may call out. */
export interface QueryEmbedder {
  /** It computes in this process: its vectors are not worth keeping. */
  readonly isLocal: boolean;
  readonly space: string;
  readonly dims: number;
  embed(texts: readonly string[], signal: AbortSignal): Promise<Float32Array[]>;
}
