import { Type } from 'typebox';
import { defineEvent } from '../define-event.ts';
import { IdSchema } from '../ids.ts';
import { Acl } from './document.ts';

/** A version of a document is searchable on every active leg. */
export const DocumentIndexed = defineEvent({
  type: 'peermesh.search.document_indexed.v1',
  subject: 'search.document_indexed',
  stream: 'SEARCH',
  description: 'A version of a document is searchable on all legs that are on.',
  data: Type.Object({
    documentId: IdSchema('document'),
    version: Type.Integer({ minimum: 1 }),
    contentId: Type.Union([IdSchema('content'), Type.Null()]),
    sequence: Type.Integer({
      minimum: 0,
      description: 'Watermark: a query with `minSeq` at or above it sees the document.',
    }),
    deleted: Type.Boolean(),
    acl: Type.Optional(Acl),
  }),
});

/** An entity was created, changed or deleted. */
export const EntityChanged = defineEvent({
  type: 'peermesh.search.entity_changed.v1',
  subject: 'search.entity_changed',
  stream: 'SEARCH',
  description: 'An entity was created, changed or deleted.',
  data: Type.Object({
    entityId: IdSchema('entity'),
    version: Type.Integer({ minimum: 1 }),
    change: Type.Union([Type.Literal('created'), Type.Literal('updated'), Type.Literal('deleted')]),
    name: Type.String({ maxLength: 300 }),
    type: Type.String({ maxLength: 40 }),
  }),
});
