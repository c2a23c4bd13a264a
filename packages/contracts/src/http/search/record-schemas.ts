import { type Static, Type } from 'typebox';
import { Acl } from '../../events/document.ts';
import { IdSchema } from '../../ids.ts';
import { StatedTimestamp, Timestamp } from '../../timestamps.ts';

const strict = { additionalProperties: false } as const;
const nullable = <S extends Parameters<typeof Type.Union>[0][number]>(schema: S) => Type.Union([schema, Type.Null()]);

const Title = Type.String({ maxLength: 1000 });
const Text = Type.String({ maxLength: 1_000_000 });
const Url = Type.String({ maxLength: 2048 });
const Language = Type.String({ maxLength: 35, description: 'BCP 47' });
const Authors = Type.Array(Type.String({ minLength: 1, maxLength: 300 }), { maxItems: 50 });
const Topics = Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { maxItems: 50 });
const Metadata = Type.Record(Type.String({ maxLength: 100 }), Type.Unknown());
const EntityName = Type.String({ minLength: 1, maxLength: 300, pattern: '\\S' });
const EntityType = Type.String({ pattern: '^[a-z][a-z0-9_]{0,39}$', examples: ['person', 'organization', 'concept'] });
const Aliases = Type.Array(Type.String({ minLength: 1, maxLength: 300 }), { maxItems: 50 });
const RelationshipType = Type.String({ pattern: '^[A-Z][A-Z0-9_]{0,39}$', examples: ['WORKS_FOR', 'CITES'] });
const Confidence = Type.Number({ minimum: 0, maximum: 1 });
const Description = Type.String({ maxLength: 4000 });

/** What every record of knowledge carries. */
const recordFields = {
  version: Type.Integer({
    minimum: 1,
    description: 'Grows by one with every change; send it back to change or delete.',
  }),
  acl: Acl,
  sequence: Type.Integer({ minimum: 0, description: 'Place in the change log; usable as `minSeq` of a search.' }),
  createdAt: Timestamp,
  updatedAt: Timestamp,
} as const;

/** A document of record without its text. */
export const DocumentSummary = Type.Object({
  id: IdSchema('document'),
  title: nullable(Title),
  url: nullable(Url),
  language: nullable(Language),
  sourceId: nullable(IdSchema('source')),
  contentId: nullable(IdSchema('content')),
  mediaType: Type.String({ maxLength: 128 }),
  authors: Authors,
  topics: Topics,
  publishedAt: nullable(Timestamp),
  ...recordFields,
});

/** A document of record. */
export const DocumentRecord = Type.Object({
  ...DocumentSummary.properties,
  text: Text,
  metadata: Metadata,
  keyphrases: Type.Array(Type.String({ maxLength: 200 }), { maxItems: 100 }),
  entities: Type.Array(
    Type.Object({ id: IdSchema('entity'), name: Type.String(), type: Type.String(), confidence: Confidence }),
  ),
});
/** A document of record. */
export type DocumentRecord = Static<typeof DocumentRecord>;

const documentBody = {
  title: Type.Optional(nullable(Title)),
  text: Text,
  url: Type.Optional(nullable(Url)),
  language: Type.Optional(nullable(Language)),
  sourceId: Type.Optional(nullable(IdSchema('source'))),
  mediaType: Type.Optional(Type.String({ maxLength: 128, default: 'text/plain' })),
  authors: Type.Optional(Authors),
  topics: Type.Optional(Topics),
  acl: Type.Optional(Acl),
  metadata: Type.Optional(Metadata),
  publishedAt: Type.Optional(nullable(StatedTimestamp)),
} as const;

/** A new document. */
export const CreateDocument = Type.Object({ id: Type.Optional(IdSchema('document')), ...documentBody }, strict);
/** A new document. */
export type CreateDocument = Static<typeof CreateDocument>;

/** A change of a document: absent fields stay. */
export const UpdateDocument = Type.Object(
  {
    ...documentBody,
    text: Type.Optional(Text),
    version: Type.Integer({ minimum: 1, description: 'The version that was read.' }),
  },
  { ...strict, minProperties: 2 },
);
/** A change of a document. */
export type UpdateDocument = Static<typeof UpdateDocument>;

/** A past state of a document. */
export const DocumentVersion = Type.Object({
  version: Type.Integer({ minimum: 1 }),
  title: nullable(Title),
  text: Text,
  topics: Topics,
  acl: Acl,
  deleted: Type.Boolean(),
  recordedAt: Timestamp,
});

/** An entity of record. */
export const EntityRecord = Type.Object({
  id: IdSchema('entity'),
  name: EntityName,
  type: EntityType,
  aliases: Aliases,
  description: nullable(Description),
  confidence: Confidence,
  documents: Type.Integer({ minimum: 0, description: 'Documents that mention it.' }),
  ...recordFields,
});
/** An entity of record. */
export type EntityRecord = Static<typeof EntityRecord>;

const entityBody = {
  name: EntityName,
  type: EntityType,
  aliases: Type.Optional(Aliases),
  description: Type.Optional(nullable(Description)),
  confidence: Type.Optional(Confidence),
  acl: Type.Optional(Acl),
} as const;

/** A new entity. */
export const CreateEntity = Type.Object({ id: Type.Optional(IdSchema('entity')), ...entityBody }, strict);
/** A new entity. */
export type CreateEntity = Static<typeof CreateEntity>;

/** A change of an entity: absent fields stay. */
export const UpdateEntity = Type.Object(
  {
    ...entityBody,
    name: Type.Optional(EntityName),
    type: Type.Optional(EntityType),
    version: Type.Integer({ minimum: 1 }),
  },
  { ...strict, minProperties: 2 },
);
/** A change of an entity. */
export type UpdateEntity = Static<typeof UpdateEntity>;

/** A node of the graph: an entity or a document. */
export const NodeId = Type.String({ pattern: '^(ent|doc)_[A-Za-z0-9-]{1,64}$' });

/** A relationship of record between two nodes. */
export const RelationshipRecord = Type.Object({
  id: IdSchema('relationship'),
  from: NodeId,
  to: NodeId,
  type: RelationshipType,
  confidence: Confidence,
  evidence: nullable(Type.String({ maxLength: 500 })),
  documentId: nullable(IdSchema('document')),
  ...recordFields,
});
/** A relationship of record. */
export type RelationshipRecord = Static<typeof RelationshipRecord>;

/** A new relationship. */
export const CreateRelationship = Type.Object(
  {
    id: Type.Optional(IdSchema('relationship')),
    from: NodeId,
    to: NodeId,
    type: RelationshipType,
    confidence: Type.Optional(Confidence),
    evidence: Type.Optional(nullable(Type.String({ maxLength: 500 }))),
    documentId: Type.Optional(nullable(IdSchema('document'))),
    acl: Type.Optional(Acl),
  },
  strict,
);
/** A new relationship. */
export type CreateRelationship = Static<typeof CreateRelationship>;

/** A change of a relationship: its ends and its type stay. */
export const UpdateRelationship = Type.Object(
  {
    confidence: Type.Optional(Confidence),
    evidence: Type.Optional(nullable(Type.String({ maxLength: 500 }))),
    acl: Type.Optional(Acl),
    version: Type.Integer({ minimum: 1 }),
  },
  { ...strict, minProperties: 2 },
);
/** A change of a relationship. */
export type UpdateRelationship = Static<typeof UpdateRelationship>;

/** What became of one item of a bulk request. */
export const BulkItemResult = Type.Object({
  index: Type.Integer({ minimum: 0 }),
  status: Type.Union([
    Type.Literal('created'),
    Type.Literal('updated'),
    Type.Literal('deleted'),
    Type.Literal('unchanged'),
    Type.Literal('rejected'),
  ]),
  id: Type.Optional(Type.String()),
  version: Type.Optional(Type.Integer({ minimum: 1 })),
  code: Type.Optional(Type.String()),
  detail: Type.Optional(Type.String()),
});

/** The outcome of a bulk request. */
export const BulkResult = Type.Object({
  items: Type.Array(BulkItemResult),
  sequence: Type.Integer({ minimum: 0, description: 'Highest place in the change log that the request made.' }),
});
/** The outcome of a bulk request. */
export type BulkResult = Static<typeof BulkResult>;
