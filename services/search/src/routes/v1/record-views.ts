import type { DocumentRecord, EntityRecord, RelationshipRecord } from '@peermesh/contracts/search';
import type { DocumentRow, EntityRow, RelationshipRow } from '../../domain/records/document-row.ts';

/** A time as the API shows it. */
export function instant(value: string): string {
  return new Date(value).toISOString();
}

/** A document without its text. */
export function documentSummary(row: Omit<DocumentRow, 'text'>) {
  return {
    id: row.id,
    title: row.title,
    url: row.url,
    language: row.language,
    sourceId: row.source_id,
    contentId: row.content_id,
    mediaType: row.media_type,
    authors: [...row.authors],
    topics: [...row.topics],
    publishedAt: row.published_at === null ? null : instant(row.published_at),
    version: row.version,
    acl: [...row.acl],
    sequence: row.seq,
    createdAt: instant(row.created_at),
    updatedAt: instant(row.updated_at),
  };
}

/** A document as the API shows it. */
export function documentView(row: DocumentRow, entities: DocumentRecord['entities']): DocumentRecord {
  return {
    ...documentSummary(row),
    text: row.text,
    metadata: { ...row.metadata },
    keyphrases: [...row.keyphrases],
    entities,
  };
}

/** An entity as the API shows it. */
export function entityView(row: EntityRow, documents: number): EntityRecord {
  return {
    id: row.id,
    name: row.name,
    type: row.type,
    aliases: [...row.aliases],
    description: row.description,
    confidence: row.confidence,
    documents,
    version: row.version,
    acl: [...row.acl],
    sequence: row.seq,
    createdAt: instant(row.created_at),
    updatedAt: instant(row.updated_at),
  };
}

/** A relationship as the API shows it. */
export function relationshipView(row: RelationshipRow): RelationshipRecord {
  return {
    id: row.id,
    from: row.from_id,
    to: row.to_id,
    type: row.type,
    confidence: row.confidence,
    evidence: row.evidence,
    documentId: row.document_id,
    version: row.version,
    acl: [...row.acl],
    sequence: row.seq,
    createdAt: instant(row.created_at),
    updatedAt: instant(row.updated_at),
  };
}
