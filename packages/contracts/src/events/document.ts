import { type Static, Type } from 'typebox';
import { IdSchema } from '../ids.ts';
import { Timestamp } from '../timestamps.ts';

/** Principals that may read a document: `tenant` (everyone in it), `user:<id>`, `role:<name>`, `group:<name>`. */
export const Acl = Type.Array(
  Type.String({ pattern: '^(tenant|user:[A-Za-z0-9_-]{1,68}|role:[a-z0-9-]{1,64}|group:[A-Za-z0-9_-]{1,64})$' }),
  { minItems: 1, maxItems: 100, uniqueItems: true, default: ['tenant'] },
);

/** A document on its way from intake to the index. It travels whole, so that no consumer calls back. */
export const ContentDocument = Type.Object({
  contentId: IdSchema('content', 'This submission.'),
  documentId: IdSchema('document', 'Stable over versions of the same item.'),
  version: Type.Integer({ minimum: 1, description: 'Counts the changes of the same item.' }),
  sourceId: Type.Union([IdSchema('source'), Type.Null()]),
  itemKey: Type.String({ minLength: 1, maxLength: 2048, description: 'Identity of the item within its source.' }),
  contentHash: Type.String({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256 of title and text.' }),
  mediaType: Type.String({ maxLength: 128, description: 'Of the original.' }),
  title: Type.Union([Type.String({ maxLength: 1000 }), Type.Null()]),
  text: Type.String({ maxLength: 1_000_000, description: 'Plain text, normalized to NFC.' }),
  url: Type.Union([Type.String({ maxLength: 2048 }), Type.Null()]),
  language: Type.Union([Type.String({ maxLength: 35, description: 'BCP 47' }), Type.Null()]),
  authors: Type.Array(Type.String({ maxLength: 300 }), { maxItems: 50 }),
  topics: Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { maxItems: 50 }),
  acl: Acl,
  metadata: Type.Record(Type.String({ maxLength: 100 }), Type.Unknown()),
  publishedAt: Type.Union([Timestamp, Type.Null()]),
  submittedAt: Timestamp,
});
/** A document on its way from intake to the index. */
export type ContentDocument = Static<typeof ContentDocument>;

/** A named entity that an extractor found. */
export const ExtractedEntity = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 300 }),
  type: Type.String({ pattern: '^[a-z][a-z0-9_]{0,39}$', examples: ['person', 'organization', 'location', 'concept'] }),
  confidence: Type.Number({ minimum: 0, maximum: 1 }),
  aliases: Type.Optional(Type.Array(Type.String({ maxLength: 300 }), { maxItems: 20 })),
  mentions: Type.Array(Type.Object({ start: Type.Integer({ minimum: 0 }), end: Type.Integer({ minimum: 0 }) }), {
    maxItems: 50,
    description: 'UTF-16 offsets into the text.',
  }),
});
/** A named entity that an extractor found. */
export type ExtractedEntity = Static<typeof ExtractedEntity>;

/** A relationship between two entities of the same extraction, by their index in `entities`. */
export const ExtractedRelationship = Type.Object({
  from: Type.Integer({ minimum: 0 }),
  to: Type.Integer({ minimum: 0 }),
  type: Type.String({ pattern: '^[A-Z][A-Z0-9_]{0,39}$', examples: ['WORKS_FOR', 'LOCATED_IN', 'RELATED_TO'] }),
  confidence: Type.Number({ minimum: 0, maximum: 1 }),
  evidence: Type.Optional(Type.String({ maxLength: 500 })),
});
/** A relationship between two extracted entities. */
export type ExtractedRelationship = Static<typeof ExtractedRelationship>;

/** What an extractor found in one document. */
export const Extraction = Type.Object({
  extractor: Type.Object({ name: Type.String({ maxLength: 100 }), version: Type.String({ maxLength: 40 }) }),
  language: Type.Union([Type.String({ maxLength: 35 }), Type.Null()]),
  title: Type.Union([Type.String({ maxLength: 1000 }), Type.Null()]),
  entities: Type.Array(ExtractedEntity, { maxItems: 500 }),
  relationships: Type.Array(ExtractedRelationship, { maxItems: 1000 }),
  keyphrases: Type.Array(
    Type.Object({ text: Type.String({ maxLength: 200 }), score: Type.Number({ minimum: 0, maximum: 1 }) }),
    { maxItems: 100 },
  ),
  dates: Type.Array(Type.Object({ text: Type.String({ maxLength: 100 }), value: Type.String({ format: 'date' }) }), {
    maxItems: 100,
  }),
  embedding: Type.Union([
    Type.Object({
      space: Type.String({ maxLength: 200, description: '`model@revision/dims`', examples: ['hashing@1/256'] }),
      vector: Type.Array(Type.Number(), { minItems: 1, maxItems: 4096 }),
    }),
    Type.Null(),
  ]),
});
/** What an extractor found in one document. */
export type Extraction = Static<typeof Extraction>;
