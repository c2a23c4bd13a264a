import { Type } from 'typebox';
import { defineRoute } from '../../define-route.ts';
import { IdSchema } from '../../ids.ts';
import { Page, PageQuery } from '../../pagination.ts';
import { policy } from './policies.ts';
import { CreateSubscription, Subscription, SubscriptionWithSecret, UpdateSubscription } from './schemas.ts';

export const createSubscription = defineRoute({
  id: 'publisher.subscription.create',
  method: 'POST',
  path: '/api/v1/subscriptions',
  summary: 'Subscribe to documents',
  tags: ['subscriptions'],
  policy: policy('subscription.create', 'write'),
  body: CreateSubscription,
  responses: { 201: SubscriptionWithSecret },
  errors: [
    'PM_COMMON_UNPROCESSABLE',
    'PM_PUBLISHER_QUERY_INVALID',
    'PM_HTTP_GUARD_URL_INVALID',
    'PM_HTTP_GUARD_ADDRESS_FORBIDDEN',
  ],
});

export const listSubscriptions = defineRoute({
  id: 'publisher.subscription.list',
  method: 'GET',
  path: '/api/v1/subscriptions',
  summary: 'List subscriptions',
  description: 'A user sees their own; an admin may name another user.',
  tags: ['subscriptions'],
  policy: policy('subscription.list', 'read'),
  query: Type.Object({
    ...PageQuery.properties,
    userId: Type.Optional(IdSchema('user')),
    state: Type.Optional(Subscription.properties.state),
  }),
  responses: { 200: Page(Subscription) },
  errors: [],
});

export const getSubscription = defineRoute({
  id: 'publisher.subscription.get',
  method: 'GET',
  path: '/api/v1/subscriptions/:id',
  summary: 'Read a subscription',
  tags: ['subscriptions'],
  policy: policy('subscription.read', 'read'),
  params: Type.Object({ id: IdSchema('subscription') }),
  responses: { 200: Subscription },
  errors: ['PM_COMMON_NOT_FOUND'],
});

export const updateSubscription = defineRoute({
  id: 'publisher.subscription.update',
  method: 'PATCH',
  path: '/api/v1/subscriptions/:id',
  summary: 'Change a subscription',
  tags: ['subscriptions'],
  policy: policy('subscription.update', 'write'),
  params: Type.Object({ id: IdSchema('subscription') }),
  body: UpdateSubscription,
  responses: { 200: SubscriptionWithSecret },
  errors: [
    'PM_COMMON_NOT_FOUND',
    'PM_COMMON_VERSION_CONFLICT',
    'PM_COMMON_UNPROCESSABLE',
    'PM_PUBLISHER_QUERY_INVALID',
  ],
});

export const deleteSubscription = defineRoute({
  id: 'publisher.subscription.delete',
  method: 'DELETE',
  path: '/api/v1/subscriptions/:id',
  summary: 'Delete a subscription',
  description: 'Deliveries that have not been sent are cancelled.',
  tags: ['subscriptions'],
  policy: policy('subscription.delete', 'write'),
  params: Type.Object({ id: IdSchema('subscription') }),
  responses: { 204: null },
  errors: ['PM_COMMON_NOT_FOUND'],
});
