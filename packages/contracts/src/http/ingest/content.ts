import { Type } from 'typebox';
import { defineRoute } from '../../define-route.ts';
import { IdSchema } from '../../ids.ts';
import { Page, PageQuery } from '../../pagination.ts';
import { StatedTimestamp } from '../../timestamps.ts';
import { BatchItemResult, ContentRecord, ContentStatus, SubmissionReceipt, SubmitContent } from './content-schemas.ts';

const receipt = {
  contentId: 'cnt_0198b0c2f1a27cc3a1b2c3d4e5f60718',
  documentId: 'doc_0198b0c2f1a27cc3a1b2c3d4e5f60719',
  version: 1,
  itemKey: 'https://example.org/mesh',
};
const write = {
  access: 'authenticated',
  action: 'content.submit',
  minRole: 'user',
  scopes: ['content:write'],
} as const;
const read = { access: 'authenticated', action: 'content.read', minRole: 'user', scopes: ['content:read'] } as const;

/** Takes in one item. */
export const submitContent = defineRoute({
  id: 'ingest.content.submit',
  method: 'POST',
  path: '/api/v1/content',
  summary: 'Submit one item',
  description:
    'Converts the item to text, stores it and starts extraction. The same item with the same content answers 200 with status `duplicate` and causes nothing; changed content becomes the next version of the same document.',
  tags: ['content'],
  policy: write,
  body: SubmitContent,
  bodyBytesMax: 8 * 1024 * 1024,
  responses: { 200: SubmissionReceipt, 202: SubmissionReceipt },
  errors: [
    'PM_INGEST_CONTENT_TOO_LARGE',
    'PM_INGEST_CONTENT_EMPTY',
    'PM_INGEST_CONTENT_UNREADABLE',
    'PM_INGEST_QUOTA_EXCEEDED',
    'PM_INGEST_SOURCE_UNAVAILABLE',
  ],
  examples: [
    {
      name: 'markdown',
      body: {
        format: 'markdown',
        body: '# Mesh\n\nPeers connect.',
        url: 'https://example.org/mesh',
        topics: ['network'],
      },
      response: { status: 202, body: { ...receipt, status: 'extraction_requested' } },
    },
  ],
});

/** Takes in up to 500 items. */
export const submitContentBatch = defineRoute({
  id: 'ingest.content.submit_batch',
  method: 'POST',
  path: '/api/v1/content/batch',
  summary: 'Submit up to 500 items',
  description:
    'Accepted items are stored together in one transaction; an item that cannot be taken in is answered as `rejected` with its code and does not hold back the others. A body that does not match the contract refuses the whole batch.',
  tags: ['content'],
  policy: write,
  body: Type.Object(
    { items: Type.Array(SubmitContent, { minItems: 1, maxItems: 500 }) },
    { additionalProperties: false },
  ),
  bodyBytesMax: 32 * 1024 * 1024,
  responses: {
    202: Type.Object({
      items: Type.Array(BatchItemResult),
      accepted: Type.Integer({ minimum: 0 }),
      duplicates: Type.Integer({ minimum: 0 }),
      rejected: Type.Integer({ minimum: 0 }),
    }),
  },
  errors: ['PM_INGEST_QUOTA_EXCEEDED'],
  examples: [
    {
      name: 'two items',
      body: { items: [{ body: 'First text.' }, { body: 'Second text.', itemKey: 'second' }] },
      response: {
        status: 202,
        body: {
          items: [
            { index: 0, ...receipt, status: 'extraction_requested' },
            { index: 1, status: 'rejected', code: 'PM_INGEST_CONTENT_EMPTY', detail: 'No text is left.' },
          ],
          accepted: 1,
          duplicates: 0,
          rejected: 1,
        },
      },
    },
  ],
});

/** Lists submissions, newest first. */
export const listContent = defineRoute({
  id: 'ingest.content.list',
  method: 'GET',
  path: '/api/v1/content',
  summary: 'List submissions, newest first',
  tags: ['content'],
  policy: read,
  query: Type.Object({
    ...PageQuery.properties,
    sourceId: Type.Optional(IdSchema('source')),
    documentId: Type.Optional(IdSchema('document')),
    status: Type.Optional(ContentStatus),
    topic: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
    submittedAfter: Type.Optional(StatedTimestamp),
    submittedBefore: Type.Optional(StatedTimestamp),
  }),
  responses: { 200: Page(ContentRecord) },
  errors: [],
});

/** Shows one submission. */
export const getContent = defineRoute({
  id: 'ingest.content.get',
  method: 'GET',
  path: '/api/v1/content/:contentId',
  summary: 'Show one submission and its status',
  tags: ['content'],
  policy: read,
  params: Type.Object({ contentId: IdSchema('content') }),
  query: Type.Object({ include: Type.Optional(Type.Literal('text')) }),
  responses: { 200: ContentRecord },
  errors: ['PM_COMMON_NOT_FOUND'],
});

/** Withdraws an item with all of its versions. */
export const deleteContent = defineRoute({
  id: 'ingest.content.delete',
  method: 'DELETE',
  path: '/api/v1/content/:contentId',
  summary: 'Withdraw an item',
  description:
    'Marks every version of the item as deleted and tells the rest of the fleet to forget its document. Users may withdraw what they submitted, moderators everything. With `version`, the answer is 409 when that is no longer the current version.',
  tags: ['content'],
  policy: { access: 'authenticated', action: 'content.delete', minRole: 'user', scopes: ['content:write'] },
  params: Type.Object({ contentId: IdSchema('content') }),
  query: Type.Object({ version: Type.Optional(Type.Integer({ minimum: 1 })) }),
  responses: { 204: null },
  errors: ['PM_COMMON_NOT_FOUND', 'PM_COMMON_FORBIDDEN', 'PM_COMMON_VERSION_CONFLICT'],
});
