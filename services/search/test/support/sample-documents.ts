import { createHash } from 'node:crypto';
import { newId } from '@peermesh/contracts';
import type { ContentDocument, ExtractedEntity, ExtractedRelationship, Extraction } from '@peermesh/contracts/events';

/** What a test says about a document; the rest has defaults. */
export interface SampleDocument extends Partial<ContentDocument> {
  readonly entities?: readonly Partial<ExtractedEntity>[];
  readonly relationships?: readonly ExtractedRelationship[];
  readonly embedding?: Extraction['embedding'];
}

/** The data of `ai.extracted` for a sample. */
export function extractedSample(sample: SampleDocument): {
  jobId: null;
  document: ContentDocument;
  extraction: Extraction;
} {
  const { entities = [], relationships = [], embedding = null, ...given } = sample;
  const text = given.text ?? 'A text.';
  const title = given.title ?? null;
  const document: ContentDocument = {
    contentId: newId('content'),
    documentId: newId('document'),
    version: 1,
    sourceId: null,
    itemKey: newId('content'),
    contentHash: createHash('sha256').update(`${title}\n${text}`).digest('hex'),
    mediaType: 'text/plain',
    title,
    text,
    url: null,
    language: 'en',
    authors: [],
    topics: [],
    acl: ['tenant'],
    metadata: {},
    publishedAt: null,
    submittedAt: new Date().toISOString(),
    ...given,
  };
  return {
    jobId: null,
    document,
    extraction: {
      extractor: { name: 'test', version: '1' },
      language: 'en',
      title: null,
      entities: entities.map((entity) => ({
        name: 'Nobody',
        type: 'person',
        confidence: 0.9,
        mentions: [{ start: 0, end: 1 }],
        ...entity,
      })),
      relationships: [...relationships],
      keyphrases: [],
      dates: [],
      embedding,
    },
  };
}
