import { Type } from 'typebox';
import { defineEvent } from '../define-event.ts';
import { IdSchema } from '../ids.ts';
import { ContentDocument } from './document.ts';

/** Content was accepted and stored by ingest. */
export const ContentSubmitted = defineEvent({
  type: 'peermesh.content.submitted.v1',
  subject: 'content.submitted',
  stream: 'CONTENT',
  description: 'New or changed content was accepted; the document travels whole.',
  data: Type.Object({ document: ContentDocument }),
});

/** Content could not be accepted after all, for a reason that the submitter can act on. */
export const ContentRejected = defineEvent({
  type: 'peermesh.content.rejected.v1',
  subject: 'content.rejected',
  stream: 'CONTENT',
  description: 'An item of a source or a batch was refused.',
  data: Type.Object({
    sourceId: Type.Union([IdSchema('source'), Type.Null()]),
    itemKey: Type.Union([Type.String({ maxLength: 2048 }), Type.Null()]),
    code: Type.String({ maxLength: 100 }),
    detail: Type.String({ maxLength: 1000 }),
  }),
});
