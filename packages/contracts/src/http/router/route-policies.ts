import { Type } from 'typebox';
import { defineRoute } from '../../define-route.ts';
import { MeshId } from '../../events/mesh.ts';
import { IdSchema } from '../../ids.ts';
import { Page, PageQuery } from '../../pagination.ts';
import { readRoutes, writeRoutes } from './policies.ts';
import { CreateRoutePolicy, RoutePolicy, UpdateRoutePolicy } from './schemas.ts';

const tags = ['route policies'];
const params = Type.Object({ id: IdSchema('routePolicy') });

/** Makes a policy. */
export const createRoutePolicy = defineRoute({
  id: 'router.policies.create',
  method: 'POST',
  path: '/api/v1/router/policies',
  summary: 'Make a policy',
  tags,
  policy: writeRoutes,
  body: CreateRoutePolicy,
  responses: { 201: RoutePolicy },
  errors: [],
});

/** Lists policies. */
export const listRoutePolicies = defineRoute({
  id: 'router.policies.list',
  method: 'GET',
  path: '/api/v1/router/policies',
  summary: 'List policies',
  tags,
  policy: readRoutes,
  query: Type.Object({ ...PageQuery.properties, meshId: Type.Optional(MeshId) }),
  responses: { 200: Page(RoutePolicy) },
  errors: [],
});

/** Shows a policy. */
export const getRoutePolicy = defineRoute({
  id: 'router.policies.get',
  method: 'GET',
  path: '/api/v1/router/policies/:id',
  summary: 'Show a policy',
  tags,
  policy: readRoutes,
  params,
  responses: { 200: RoutePolicy },
  errors: ['PM_COMMON_NOT_FOUND'],
});

/** Changes a policy. */
export const updateRoutePolicy = defineRoute({
  id: 'router.policies.update',
  method: 'PATCH',
  path: '/api/v1/router/policies/:id',
  summary: 'Change a policy',
  tags,
  policy: writeRoutes,
  params,
  body: UpdateRoutePolicy,
  responses: { 200: RoutePolicy },
  errors: ['PM_COMMON_NOT_FOUND', 'PM_COMMON_VERSION_CONFLICT'],
});

/** Deletes a policy. */
export const deleteRoutePolicy = defineRoute({
  id: 'router.policies.delete',
  method: 'DELETE',
  path: '/api/v1/router/policies/:id',
  summary: 'Delete a policy',
  tags,
  policy: writeRoutes,
  params,
  responses: { 204: null },
  errors: ['PM_COMMON_NOT_FOUND'],
});
