import { Type } from 'typebox';
import { defineRoute } from '../../define-route.ts';
import { IdSchema } from '../../ids.ts';
import { Page, PageQuery } from '../../pagination.ts';
import { readKnowledge, writeKnowledge } from './policies.ts';
import {
  BulkResult,
  CreateDocument,
  DocumentRecord,
  DocumentSummary,
  DocumentVersion,
  UpdateDocument,
} from './record-schemas.ts';

const params = Type.Object({ id: IdSchema('document') });
const tags = ['documents'];
const MIB = 1024 * 1024;

/** Stores a document. */
export const createDocument = defineRoute({
  id: 'search.documents.create',
  method: 'POST',
  path: '/api/v1/documents',
  summary: 'Store a document',
  description: 'Becomes searchable within moments; `sequence` of the answer is the `minSeq` that sees it.',
  tags,
  policy: writeKnowledge,
  body: CreateDocument,
  bodyBytesMax: 4 * MIB,
  responses: { 201: DocumentRecord },
  errors: ['PM_COMMON_CONFLICT'],
});

/** Lists the documents that the caller may read, newest first. */
export const listDocuments = defineRoute({
  id: 'search.documents.list',
  method: 'GET',
  path: '/api/v1/documents',
  summary: 'List documents',
  tags,
  policy: readKnowledge,
  query: Type.Object({
    ...PageQuery.properties,
    sourceId: Type.Optional(IdSchema('source')),
    topic: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
  }),
  responses: { 200: Page(DocumentSummary) },
  errors: [],
});

/** Reads a document. */
export const getDocument = defineRoute({
  id: 'search.documents.get',
  method: 'GET',
  path: '/api/v1/documents/:id',
  summary: 'Read a document',
  tags,
  policy: readKnowledge,
  params,
  responses: { 200: DocumentRecord },
  errors: ['PM_COMMON_NOT_FOUND'],
});

/** Changes a document. */
export const updateDocument = defineRoute({
  id: 'search.documents.update',
  method: 'PATCH',
  path: '/api/v1/documents/:id',
  summary: 'Change a document',
  description: 'Refused with 409 and `currentVersion` when `version` is not the current one.',
  tags,
  policy: writeKnowledge,
  params,
  body: UpdateDocument,
  bodyBytesMax: 4 * MIB,
  responses: { 200: DocumentRecord },
  errors: ['PM_COMMON_NOT_FOUND', 'PM_COMMON_VERSION_CONFLICT'],
});

/** Deletes a document softly. */
export const deleteDocument = defineRoute({
  id: 'search.documents.delete',
  method: 'DELETE',
  path: '/api/v1/documents/:id',
  summary: 'Delete a document',
  description: 'Leaves a tombstone: no version that arrives late brings it back. Its history stays readable to no one.',
  tags,
  policy: writeKnowledge,
  params,
  query: Type.Object({ version: Type.Optional(Type.Integer({ minimum: 1 })) }),
  responses: { 204: null },
  errors: ['PM_COMMON_NOT_FOUND', 'PM_COMMON_VERSION_CONFLICT'],
});

/** Lists the versions of a document, newest first. */
export const listDocumentVersions = defineRoute({
  id: 'search.documents.versions',
  method: 'GET',
  path: '/api/v1/documents/:id/versions',
  summary: 'List the versions of a document',
  tags,
  policy: readKnowledge,
  params,
  query: PageQuery,
  responses: { 200: Page(DocumentVersion) },
  errors: ['PM_COMMON_NOT_FOUND'],
});

/** Stores and deletes up to 500 documents. */
export const bulkDocuments = defineRoute({
  id: 'search.documents.bulk',
  method: 'POST',
  path: '/api/v1/documents/bulk',
  summary: 'Store and delete up to 500 documents',
  description:
    'One transaction. An item that cannot be carried out is answered as `rejected` and does not hold back the others. `put` stores a document or replaces one whole; `version` makes it conditional.',
  tags,
  policy: writeKnowledge,
  body: Type.Object(
    {
      items: Type.Array(
        Type.Union([
          Type.Object(
            { put: CreateDocument, version: Type.Optional(Type.Integer({ minimum: 1 })) },
            { additionalProperties: false },
          ),
          Type.Object(
            { delete: IdSchema('document'), version: Type.Optional(Type.Integer({ minimum: 1 })) },
            { additionalProperties: false },
          ),
        ]),
        { minItems: 1, maxItems: 500 },
      ),
    },
    { additionalProperties: false },
  ),
  bodyBytesMax: 32 * MIB,
  responses: { 200: BulkResult },
  errors: [],
});
