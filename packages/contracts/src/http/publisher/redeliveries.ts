import { Type } from 'typebox';
import { defineRoute } from '../../define-route.ts';
import { IdSchema } from '../../ids.ts';
import { Page, PageQuery } from '../../pagination.ts';
import { policy } from './policies.ts';
import { CreateRedelivery, Redelivery } from './schemas.ts';

export const createRedelivery = defineRoute({
  id: 'publisher.redelivery.create',
  method: 'POST',
  path: '/api/v1/publisher/redeliveries',
  summary: 'Send the finished deliveries of a time range again',
  description:
    'A job that puts them on the queue at `perSecond`. They keep their ids, so receivers can recognise them.',
  tags: ['deliveries'],
  policy: policy('redelivery.create', 'write'),
  body: CreateRedelivery,
  responses: { 202: Redelivery },
  errors: ['PM_COMMON_UNPROCESSABLE'],
});

export const listRedeliveries = defineRoute({
  id: 'publisher.redelivery.list',
  method: 'GET',
  path: '/api/v1/publisher/redeliveries',
  summary: 'List redelivery jobs, newest first',
  tags: ['deliveries'],
  policy: policy('redelivery.list', 'read'),
  query: PageQuery,
  responses: { 200: Page(Redelivery) },
  errors: [],
});

export const getRedelivery = defineRoute({
  id: 'publisher.redelivery.get',
  method: 'GET',
  path: '/api/v1/publisher/redeliveries/:id',
  summary: 'Read how far a redelivery job is',
  tags: ['deliveries'],
  policy: policy('redelivery.read', 'read'),
  params: Type.Object({ id: IdSchema('redelivery') }),
  responses: { 200: Redelivery },
  errors: ['PM_COMMON_NOT_FOUND'],
});

export const updateRedelivery = defineRoute({
  id: 'publisher.redelivery.update',
  method: 'PATCH',
  path: '/api/v1/publisher/redeliveries/:id',
  summary: 'Pause, resume or cancel a redelivery job, or change its rate',
  tags: ['deliveries'],
  policy: policy('redelivery.update', 'write'),
  params: Type.Object({ id: IdSchema('redelivery') }),
  body: Type.Object(
    {
      state: Type.Optional(Type.Union([Type.Literal('running'), Type.Literal('paused'), Type.Literal('cancelled')])),
      perSecond: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    },
    { additionalProperties: false, minProperties: 1 },
  ),
  responses: { 200: Redelivery },
  errors: ['PM_COMMON_NOT_FOUND', 'PM_COMMON_CONFLICT'],
});
