import { Type } from 'typebox';
import { defineEvent } from '../define-event.ts';
import { IdSchema } from '../ids.ts';
import { Timestamp } from '../timestamps.ts';
import { ContentDocument, Extraction } from './document.ts';

/** A job on the work queue: whoever takes it answers with `ai.extracted` or `ai.extraction_failed`. */
export const ExtractionRequested = defineEvent({
  type: 'peermesh.ai.extraction_requested.v1',
  subject: 'ai.extraction_requested',
  stream: 'JOBS',
  description: 'One extraction job. Exactly one worker group takes it; the answer carries its jobId.',
  data: Type.Object({
    jobId: IdSchema('job'),
    deadlineAt: Timestamp,
    document: ContentDocument,
  }),
});

/** The knowledge found in one document, together with the document. */
export const Extracted = defineEvent({
  type: 'peermesh.ai.extracted.v1',
  subject: 'ai.extracted',
  stream: 'AI',
  description: 'Extraction of one document is done.',
  data: Type.Object({
    jobId: Type.Union([IdSchema('job'), Type.Null()]),
    document: ContentDocument,
    extraction: Extraction,
  }),
});

/** Extraction of one document failed for good. */
export const ExtractionFailed = defineEvent({
  type: 'peermesh.ai.extraction_failed.v1',
  subject: 'ai.extraction_failed',
  stream: 'AI',
  description: 'Extraction of one document failed and will not be retried.',
  data: Type.Object({
    jobId: IdSchema('job'),
    contentId: IdSchema('content'),
    documentId: IdSchema('document'),
    code: Type.String({ maxLength: 100 }),
    detail: Type.String({ maxLength: 1000 }),
  }),
});
