import { type Static, Type } from 'typebox';
import { Acl, Extraction } from '../../events/document.ts';
import { IdSchema } from '../../ids.ts';
import { StatedTimestamp, Timestamp } from '../../timestamps.ts';
import { StatedAcl } from './stated-acl.ts';

/** Formats that intake converts to text. */
export const ContentFormat = Type.Union([
  Type.Literal('text'),
  Type.Literal('markdown'),
  Type.Literal('html'),
  Type.Literal('json'),
]);
/** A format that intake converts to text. */
export type ContentFormat = Static<typeof ContentFormat>;

/** One item to take in. */
export const SubmitContent = Type.Object(
  {
    format: Type.Optional(ContentFormat),
    body: Type.Union(
      [
        Type.String({ minLength: 1, maxLength: 4_000_000 }),
        Type.Record(Type.String(), Type.Unknown()),
        Type.Array(Type.Unknown()),
      ],
      { description: 'The content; an object or array only with format `json`.' },
    ),
    title: Type.Optional(Type.String({ minLength: 1, maxLength: 1000 })),
    url: Type.Optional(Type.String({ maxLength: 2048, pattern: '^https?://' })),
    language: Type.Optional(Type.String({ pattern: '^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$', maxLength: 35 })),
    authors: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 300 }), { maxItems: 50 })),
    topics: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { maxItems: 50 })),
    acl: Type.Optional(StatedAcl),
    metadata: Type.Optional(Type.Record(Type.String({ maxLength: 100 }), Type.Unknown())),
    publishedAt: Type.Optional(StatedTimestamp),
    sourceId: Type.Optional(IdSchema('source', 'A source of kind `push` of the same tenant.')),
    itemKey: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 2048,
        description: 'Identity of the item within its source; the URL or the content hash when absent.',
      }),
    ),
    extraction: Type.Optional(
      Type.Unsafe<Extraction>({
        ...Extraction,
        description: 'Knowledge that the caller already extracted; no extraction job is made then.',
      }),
    ),
  },
  { additionalProperties: false },
);
/** One item to take in. */
export type SubmitContent = Static<typeof SubmitContent>;

/** Where a submission stands. */
export const ContentStatus = Type.Union([
  Type.Literal('accepted'),
  Type.Literal('extraction_requested'),
  Type.Literal('extracted'),
  Type.Literal('failed'),
  Type.Literal('deleted'),
]);

/** The answer to one accepted submission. `duplicate` names the submission that is already there. */
export const SubmissionReceipt = Type.Object({
  contentId: IdSchema('content'),
  documentId: IdSchema('document'),
  version: Type.Integer({ minimum: 1 }),
  itemKey: Type.String({ maxLength: 2048 }),
  status: Type.Union([
    Type.Literal('accepted'),
    Type.Literal('extraction_requested'),
    Type.Literal('extracted'),
    Type.Literal('duplicate'),
  ]),
});
/** The answer to one accepted submission. */
export type SubmissionReceipt = Static<typeof SubmissionReceipt>;

/** The answer to one item of a batch, in the order of the request. */
export const BatchItemResult = Type.Object({
  index: Type.Integer({ minimum: 0 }),
  status: Type.Union([
    Type.Literal('accepted'),
    Type.Literal('extraction_requested'),
    Type.Literal('extracted'),
    Type.Literal('duplicate'),
    Type.Literal('rejected'),
  ]),
  contentId: Type.Optional(IdSchema('content')),
  documentId: Type.Optional(IdSchema('document')),
  version: Type.Optional(Type.Integer({ minimum: 1 })),
  itemKey: Type.Optional(Type.String({ maxLength: 2048 })),
  code: Type.Optional(Type.String({ description: 'Catalogue code of a rejection.' })),
  detail: Type.Optional(Type.String()),
});
/** The answer to one item of a batch. */
export type BatchItemResult = Static<typeof BatchItemResult>;

/** One submission as intake remembers it. */
export const ContentRecord = Type.Object({
  contentId: IdSchema('content'),
  documentId: IdSchema('document'),
  version: Type.Integer({ minimum: 1 }),
  sourceId: Type.Union([IdSchema('source'), Type.Null()]),
  itemKey: Type.String(),
  status: ContentStatus,
  title: Type.Union([Type.String(), Type.Null()]),
  url: Type.Union([Type.String(), Type.Null()]),
  mediaType: Type.String(),
  contentHash: Type.String(),
  topics: Type.Array(Type.String()),
  acl: Acl,
  jobId: Type.Union([IdSchema('job'), Type.Null()]),
  failure: Type.Union([Type.Object({ code: Type.String(), detail: Type.String() }), Type.Null()]),
  submittedBy: Type.String(),
  submittedAt: Timestamp,
  updatedAt: Timestamp,
  text: Type.Optional(Type.String({ description: 'With `include=text`.' })),
});
/** One submission as intake remembers it. */
export type ContentRecord = Static<typeof ContentRecord>;
