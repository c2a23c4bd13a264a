import { Type } from 'typebox';
import { defineRoute } from '../../define-route.ts';
import { IdSchema } from '../../ids.ts';
import { Page, PageQuery } from '../../pagination.ts';
import { readKnowledge, writeKnowledge } from './policies.ts';
import { BulkResult, CreateRelationship, NodeId, RelationshipRecord, UpdateRelationship } from './record-schemas.ts';

const params = Type.Object({ id: IdSchema('relationship') });
const tags = ['relationships'];

/** Stores a relationship. */
export const createRelationship = defineRoute({
  id: 'search.relationships.create',
  method: 'POST',
  path: '/api/v1/relationships',
  summary: 'Store a relationship',
  description: 'Both ends must exist and be readable by the caller.',
  tags,
  policy: writeKnowledge,
  body: CreateRelationship,
  responses: { 201: RelationshipRecord },
  errors: ['PM_COMMON_CONFLICT', 'PM_SEARCH_NODE_UNKNOWN'],
});

/** Lists relationships, newest first. */
export const listRelationships = defineRoute({
  id: 'search.relationships.list',
  method: 'GET',
  path: '/api/v1/relationships',
  summary: 'List relationships',
  tags,
  policy: readKnowledge,
  query: Type.Object({
    ...PageQuery.properties,
    node: Type.Optional(NodeId),
    type: Type.Optional(Type.String({ pattern: '^[A-Z][A-Z0-9_]{0,39}$' })),
  }),
  responses: { 200: Page(RelationshipRecord) },
  errors: [],
});

/** Reads a relationship. */
export const getRelationship = defineRoute({
  id: 'search.relationships.get',
  method: 'GET',
  path: '/api/v1/relationships/:id',
  summary: 'Read a relationship',
  tags,
  policy: readKnowledge,
  params,
  responses: { 200: RelationshipRecord },
  errors: ['PM_COMMON_NOT_FOUND'],
});

/** Changes a relationship. */
export const updateRelationship = defineRoute({
  id: 'search.relationships.update',
  method: 'PATCH',
  path: '/api/v1/relationships/:id',
  summary: 'Change a relationship',
  tags,
  policy: writeKnowledge,
  params,
  body: UpdateRelationship,
  responses: { 200: RelationshipRecord },
  errors: ['PM_COMMON_NOT_FOUND', 'PM_COMMON_VERSION_CONFLICT'],
});

/** Deletes a relationship softly. */
export const deleteRelationship = defineRoute({
  id: 'search.relationships.delete',
  method: 'DELETE',
  path: '/api/v1/relationships/:id',
  summary: 'Delete a relationship',
  tags,
  policy: writeKnowledge,
  params,
  query: Type.Object({ version: Type.Optional(Type.Integer({ minimum: 1 })) }),
  responses: { 204: null },
  errors: ['PM_COMMON_NOT_FOUND', 'PM_COMMON_VERSION_CONFLICT'],
});

/** Stores up to 500 relationships. */
export const bulkRelationships = defineRoute({
  id: 'search.relationships.bulk',
  method: 'POST',
  path: '/api/v1/relationships/bulk',
  summary: 'Store up to 500 relationships',
  tags,
  policy: writeKnowledge,
  body: Type.Object(
    { items: Type.Array(CreateRelationship, { minItems: 1, maxItems: 500 }) },
    { additionalProperties: false },
  ),
  bodyBytesMax: 8 * 1024 * 1024,
  responses: { 200: BulkResult },
  errors: [],
});
