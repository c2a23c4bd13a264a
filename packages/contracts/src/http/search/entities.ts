import { Type } from 'typebox';
import { defineRoute } from '../../define-route.ts';
import { IdSchema } from '../../ids.ts';
import { Page, PageQuery } from '../../pagination.ts';
import { readKnowledge, writeKnowledge } from './policies.ts';
import { BulkResult, CreateEntity, EntityRecord, NodeId, UpdateEntity } from './record-schemas.ts';

const params = Type.Object({ id: IdSchema('entity') });
const tags = ['entities'];

/** Stores an entity. */
export const createEntity = defineRoute({
  id: 'search.entities.create',
  method: 'POST',
  path: '/api/v1/entities',
  summary: 'Store an entity',
  description: 'An entity is one of its name and type within the tenant; a second one is refused with 409.',
  tags,
  policy: writeKnowledge,
  body: CreateEntity,
  responses: { 201: EntityRecord },
  errors: ['PM_COMMON_CONFLICT'],
});

/** Lists entities by name. */
export const listEntities = defineRoute({
  id: 'search.entities.list',
  method: 'GET',
  path: '/api/v1/entities',
  summary: 'List entities',
  tags,
  policy: readKnowledge,
  query: Type.Object({
    ...PageQuery.properties,
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 300, description: 'Exact name or alias, normalized.' })),
    type: Type.Optional(Type.String({ minLength: 1, maxLength: 40 })),
  }),
  responses: { 200: Page(EntityRecord) },
  errors: [],
});

/** Reads an entity. */
export const getEntity = defineRoute({
  id: 'search.entities.get',
  method: 'GET',
  path: '/api/v1/entities/:id',
  summary: 'Read an entity',
  tags,
  policy: readKnowledge,
  params,
  responses: { 200: EntityRecord },
  errors: ['PM_COMMON_NOT_FOUND'],
});

/** Changes an entity. */
export const updateEntity = defineRoute({
  id: 'search.entities.update',
  method: 'PATCH',
  path: '/api/v1/entities/:id',
  summary: 'Change an entity',
  tags,
  policy: writeKnowledge,
  params,
  body: UpdateEntity,
  responses: { 200: EntityRecord },
  errors: ['PM_COMMON_NOT_FOUND', 'PM_COMMON_VERSION_CONFLICT', 'PM_COMMON_CONFLICT'],
});

/** Deletes an entity softly. */
export const deleteEntity = defineRoute({
  id: 'search.entities.delete',
  method: 'DELETE',
  path: '/api/v1/entities/:id',
  summary: 'Delete an entity',
  tags,
  policy: writeKnowledge,
  params,
  query: Type.Object({ version: Type.Optional(Type.Integer({ minimum: 1 })) }),
  responses: { 204: null },
  errors: ['PM_COMMON_NOT_FOUND', 'PM_COMMON_VERSION_CONFLICT'],
});

/** Stores up to 500 entities. */
export const bulkEntities = defineRoute({
  id: 'search.entities.bulk',
  method: 'POST',
  path: '/api/v1/entities/bulk',
  summary: 'Store up to 500 entities',
  description: 'An entity whose name and type exist already is answered as `unchanged` with its id.',
  tags,
  policy: writeKnowledge,
  body: Type.Object(
    { items: Type.Array(CreateEntity, { minItems: 1, maxItems: 500 }) },
    { additionalProperties: false },
  ),
  bodyBytesMax: 8 * 1024 * 1024,
  responses: { 200: BulkResult },
  errors: [],
});

/** What lies around an entity. */
export const listNeighbors = defineRoute({
  id: 'search.entities.neighbors',
  method: 'GET',
  path: '/api/v1/entities/:id/neighbors',
  summary: 'Walk the graph from an entity',
  description:
    'Breadth first, best edges first, with a cap on hops and on edges followed per node. Nodes and edges that the caller may not read are neither shown nor walked through.',
  tags,
  policy: readKnowledge,
  params,
  query: Type.Object({
    hops: Type.Optional(Type.Integer({ minimum: 1, maximum: 4, default: 1 })),
    fanout: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
    type: Type.Optional(Type.String({ pattern: '^[A-Z][A-Z0-9_]{0,39}$', description: 'Only edges of this type.' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 100 })),
  }),
  responses: {
    200: Type.Object({
      nodes: Type.Array(
        Type.Object({
          id: NodeId,
          type: Type.Union([Type.Literal('doc'), Type.Literal('entity')]),
          name: Type.String(),
          hops: Type.Integer({ minimum: 0 }),
          score: Type.Number(),
          path: Type.Array(Type.String()),
        }),
      ),
      edges: Type.Array(Type.Object({ from: NodeId, to: NodeId, type: Type.String(), weight: Type.Number() })),
      truncated: Type.Boolean(),
    }),
  },
  errors: ['PM_COMMON_NOT_FOUND'],
});
