/** A row of `search_documents`. */
export interface DocumentRow {
  readonly tenant_id: string;
  readonly id: string;
  readonly version: number;
  readonly upstream_version: number | null;
  readonly deleted: boolean;
  readonly title: string | null;
  readonly text: string;
  readonly url: string | null;
  readonly language: string | null;
  readonly source_id: string | null;
  readonly content_id: string | null;
  readonly media_type: string;
  readonly content_hash: string;
  readonly authors: readonly string[];
  readonly topics: readonly string[];
  readonly keyphrases: readonly string[];
  readonly acl: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly published_at: string | null;
  readonly seq: number;
  readonly created_at: string;
  readonly updated_at: string;
}

/** A row of `search_entities`. */
export interface EntityRow {
  readonly tenant_id: string;
  readonly id: string;
  readonly version: number;
  readonly deleted: boolean;
  readonly name: string;
  readonly name_key: string;
  readonly type: string;
  readonly aliases: readonly string[];
  readonly description: string | null;
  readonly confidence: number;
  readonly acl: readonly string[];
  /** The list follows the documents that mention the entity. */
  readonly acl_derived: boolean;
  readonly seq: number;
  readonly created_at: string;
  readonly updated_at: string;
}

/** A row of `search_relationships`. */
export interface RelationshipRow {
  readonly tenant_id: string;
  readonly id: string;
  readonly version: number;
  readonly deleted: boolean;
  readonly from_id: string;
  readonly to_id: string;
  readonly type: string;
  readonly confidence: number;
  readonly evidence: string | null;
  readonly document_id: string | null;
  readonly acl: readonly string[];
  readonly seq: number;
  readonly created_at: string;
  readonly updated_at: string;
}

/** One line of the change log. */
export interface ChangeRow {
  readonly seq: number;
  readonly tenant_id: string;
  readonly kind: 'document' | 'entity' | 'relationship';
  readonly record_id: string;
  readonly version: number;
  readonly deleted: boolean;
}
