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

/** An item was withdrawn at intake. Whoever keeps its document should forget it. */
export const ContentDeleted = defineEvent({
  type: 'peermesh.content.deleted.v1',
  subject: 'content.deleted',
  stream: 'CONTENT',
  description: 'The submitter withdrew an item; every version up to `version` is void.',
  data: Type.Object({
    contentId: IdSchema('content'),
    documentId: IdSchema('document'),
    version: Type.Integer({ minimum: 1 }),
    sourceId: Type.Union([IdSchema('source'), Type.Null()]),
  }),
});

/** A source was paused, disabled or resumed, by a person or by the scheduler. */
export const SourceStateChanged = defineEvent({
  type: 'peermesh.content.source_state_changed.v1',
  subject: 'content.source_state_changed',
  stream: 'CONTENT',
  description: 'A source changed between active, paused and disabled.',
  data: Type.Object({
    sourceId: IdSchema('source'),
    name: Type.String({ maxLength: 200 }),
    state: Type.Union([Type.Literal('active'), Type.Literal('paused'), Type.Literal('disabled')]),
    reason: Type.String({ maxLength: 100, description: '`requested`, `gone`, `dead`, `robots`, ...' }),
    detail: Type.String({ maxLength: 1000 }),
  }),
});
