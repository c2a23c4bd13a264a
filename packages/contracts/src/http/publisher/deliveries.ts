import { Type } from 'typebox';
import { defineRoute } from '../../define-route.ts';
import { IdSchema } from '../../ids.ts';
import { Page, PageQuery } from '../../pagination.ts';
import { StatedTimestamp } from '../../timestamps.ts';
import { policy } from './policies.ts';
import { Delivery, DeliveryState, DeliveryWithAttempts } from './schemas.ts';

export const listDeliveries = defineRoute({
  id: 'publisher.delivery.list',
  method: 'GET',
  path: '/api/v1/deliveries',
  summary: 'List deliveries, newest first',
  tags: ['deliveries'],
  policy: policy('delivery.list', 'read'),
  query: Type.Object({
    ...PageQuery.properties,
    userId: Type.Optional(IdSchema('user')),
    subscriptionId: Type.Optional(IdSchema('subscription')),
    endpointId: Type.Optional(IdSchema('endpoint')),
    documentId: Type.Optional(IdSchema('document')),
    state: Type.Optional(DeliveryState),
    from: Type.Optional(StatedTimestamp),
    to: Type.Optional(StatedTimestamp),
  }),
  responses: { 200: Page(Delivery) },
  errors: [],
});

export const getDelivery = defineRoute({
  id: 'publisher.delivery.get',
  method: 'GET',
  path: '/api/v1/deliveries/:id',
  summary: 'Read a delivery with its attempts',
  tags: ['deliveries'],
  policy: policy('delivery.read', 'read'),
  params: Type.Object({ id: IdSchema('delivery') }),
  responses: { 200: DeliveryWithAttempts },
  errors: ['PM_COMMON_NOT_FOUND'],
});

export const redeliver = defineRoute({
  id: 'publisher.delivery.redeliver',
  method: 'POST',
  path: '/api/v1/deliveries/:id/redeliver',
  summary: 'Send a delivery again',
  tags: ['deliveries'],
  policy: policy('delivery.redeliver', 'write'),
  params: Type.Object({ id: IdSchema('delivery') }),
  responses: { 202: Delivery },
  errors: ['PM_COMMON_NOT_FOUND', 'PM_COMMON_CONFLICT'],
});

export const cancelDelivery = defineRoute({
  id: 'publisher.delivery.cancel',
  method: 'POST',
  path: '/api/v1/deliveries/:id/cancel',
  summary: 'Give up a delivery that has not ended',
  tags: ['deliveries'],
  policy: policy('delivery.cancel', 'write'),
  params: Type.Object({ id: IdSchema('delivery') }),
  responses: { 200: Delivery },
  errors: ['PM_COMMON_NOT_FOUND', 'PM_COMMON_CONFLICT'],
});
