import { type TObject, type TSchema, Type } from 'typebox';
import { defineRoute, type RoutePolicy } from '../../define-route.ts';
import { IdSchema } from '../../ids.ts';
import { Page, PageQuery } from '../../pagination.ts';
import { Timestamp } from '../../timestamps.ts';
import * as s from './schemas.ts';

const NOT_FOUND = 'PM_COMMON_NOT_FOUND';
const CONFLICT = 'PM_COMMON_VERSION_CONFLICT';
const UNPROCESSABLE = 'PM_COMMON_UNPROCESSABLE';

const policy = (action: string, scope: 'read' | 'write', minRole: 'user' | 'admin' = 'user'): RoutePolicy => ({
  access: 'authenticated',
  action,
  minRole,
  scopes: [`subscriptions:${scope}`],
});
const idOf = (kind: Parameters<typeof IdSchema>[0]) => Type.Object({ id: IdSchema(kind) });
const list = <Item extends TSchema>(item: Item, query: TObject['properties']) => ({
  query: Type.Object({ ...PageQuery.properties, ...query }),
  responses: { 200: Page(item) },
});

export const createSubscription = defineRoute({
  id: 'publisher.subscription.create',
  method: 'POST',
  path: '/api/v1/subscriptions',
  summary: 'Subscribe to documents',
  tags: ['subscriptions'],
  policy: policy('subscription.create', 'write'),
  body: s.CreateSubscription,
  responses: { 201: s.Subscription },
  errors: [UNPROCESSABLE],
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
    state: Type.Optional(s.Subscription.properties.state),
  }),
  responses: { 200: Page(s.Subscription) },
  errors: [],
});
export const getSubscription = defineRoute({
  id: 'publisher.subscription.get',
  method: 'GET',
  path: '/api/v1/subscriptions/:id',
  summary: 'Read a subscription',
  tags: ['subscriptions'],
  policy: policy('subscription.read', 'read'),
  params: idOf('subscription'),
  responses: { 200: s.Subscription },
  errors: [NOT_FOUND],
});
export const updateSubscription = defineRoute({
  id: 'publisher.subscription.update',
  method: 'PATCH',
  path: '/api/v1/subscriptions/:id',
  summary: 'Change a subscription',
  tags: ['subscriptions'],
  policy: policy('subscription.update', 'write'),
  params: idOf('subscription'),
  body: s.UpdateSubscription,
  responses: { 200: s.Subscription },
  errors: [NOT_FOUND, CONFLICT, UNPROCESSABLE],
});
export const deleteSubscription = defineRoute({
  id: 'publisher.subscription.delete',
  method: 'DELETE',
  path: '/api/v1/subscriptions/:id',
  summary: 'Delete a subscription',
  description: 'Deliveries that have not been sent are cancelled.',
  tags: ['subscriptions'],
  policy: policy('subscription.delete', 'write'),
  params: idOf('subscription'),
  responses: { 204: null },
  errors: [NOT_FOUND],
});

export const createEndpoint = defineRoute({
  id: 'publisher.endpoint.create',
  method: 'POST',
  path: '/api/v1/endpoints',
  summary: 'Add an endpoint',
  description:
    'The answer is the only one that shows the secret of a webhook. An e-mail address must be verified first.',
  tags: ['endpoints'],
  policy: policy('endpoint.create', 'write'),
  body: s.CreateEndpoint,
  responses: { 201: s.EndpointWithSecret },
  errors: [UNPROCESSABLE],
});
export const listEndpoints = defineRoute({
  id: 'publisher.endpoint.list',
  method: 'GET',
  path: '/api/v1/endpoints',
  summary: 'List endpoints',
  tags: ['endpoints'],
  policy: policy('endpoint.list', 'read'),
  query: Type.Object({
    ...PageQuery.properties,
    userId: Type.Optional(IdSchema('user')),
    channel: Type.Optional(s.Channel),
  }),
  responses: { 200: Page(s.Endpoint) },
  errors: [],
});
export const getEndpoint = defineRoute({
  id: 'publisher.endpoint.get',
  method: 'GET',
  path: '/api/v1/endpoints/:id',
  summary: 'Read an endpoint',
  tags: ['endpoints'],
  policy: policy('endpoint.read', 'read'),
  params: idOf('endpoint'),
  responses: { 200: s.Endpoint },
  errors: [NOT_FOUND],
});
export const updateEndpoint = defineRoute({
  id: 'publisher.endpoint.update',
  method: 'PATCH',
  path: '/api/v1/endpoints/:id',
  summary: 'Change an endpoint',
  tags: ['endpoints'],
  policy: policy('endpoint.update', 'write'),
  params: idOf('endpoint'),
  body: s.UpdateEndpoint,
  responses: { 200: s.Endpoint },
  errors: [NOT_FOUND, CONFLICT, UNPROCESSABLE],
});
export const deleteEndpoint = defineRoute({
  id: 'publisher.endpoint.delete',
  method: 'DELETE',
  path: '/api/v1/endpoints/:id',
  summary: 'Delete an endpoint',
  tags: ['endpoints'],
  policy: policy('endpoint.delete', 'write'),
  params: idOf('endpoint'),
  responses: { 204: null },
  errors: [NOT_FOUND],
});
export const rotateEndpointSecret = defineRoute({
  id: 'publisher.endpoint.rotate_secret',
  method: 'POST',
  path: '/api/v1/endpoints/:id/rotate-secret',
  summary: 'Give a webhook a new secret',
  description: 'For 24 hours deliveries are signed with the old and the new one.',
  tags: ['endpoints'],
  policy: policy('endpoint.rotate_secret', 'write'),
  params: idOf('endpoint'),
  responses: { 200: s.EndpointWithSecret },
  errors: [NOT_FOUND, UNPROCESSABLE],
});
export const enableEndpoint = defineRoute({
  id: 'publisher.endpoint.enable',
  method: 'POST',
  path: '/api/v1/endpoints/:id/enable',
  summary: 'Enable a disabled endpoint',
  description: 'A webhook is probed first with a signed `endpoint.probe`; it must answer with 2xx.',
  tags: ['endpoints'],
  policy: policy('endpoint.enable', 'write'),
  params: idOf('endpoint'),
  responses: { 200: s.Endpoint },
  errors: [NOT_FOUND, UNPROCESSABLE],
});
export const verifyEndpoint = defineRoute({
  id: 'publisher.endpoint.verify',
  method: 'POST',
  path: '/api/v1/endpoints/:id/verify',
  summary: 'Verify an e-mail address',
  tags: ['endpoints'],
  policy: policy('endpoint.verify', 'write'),
  params: idOf('endpoint'),
  body: Type.Object({ token: Type.String({ minLength: 10, maxLength: 200 }) }, { additionalProperties: false }),
  responses: { 200: s.Endpoint },
  errors: [NOT_FOUND, UNPROCESSABLE],
});

export const listDeliveries = defineRoute({
  id: 'publisher.delivery.list',
  method: 'GET',
  path: '/api/v1/deliveries',
  summary: 'List deliveries, newest first',
  tags: ['deliveries'],
  policy: policy('delivery.list', 'read'),
  ...list(s.Delivery, {
    userId: Type.Optional(IdSchema('user')),
    subscriptionId: Type.Optional(IdSchema('subscription')),
    endpointId: Type.Optional(IdSchema('endpoint')),
    documentId: Type.Optional(IdSchema('document')),
    state: Type.Optional(s.DeliveryState),
    from: Type.Optional(Timestamp),
    to: Type.Optional(Timestamp),
  }),
  errors: [],
});
export const getDelivery = defineRoute({
  id: 'publisher.delivery.get',
  method: 'GET',
  path: '/api/v1/deliveries/:id',
  summary: 'Read a delivery with its attempts',
  tags: ['deliveries'],
  policy: policy('delivery.read', 'read'),
  params: idOf('delivery'),
  responses: { 200: s.DeliveryWithAttempts },
  errors: [NOT_FOUND],
});
export const redeliver = defineRoute({
  id: 'publisher.delivery.redeliver',
  method: 'POST',
  path: '/api/v1/deliveries/:id/redeliver',
  summary: 'Send a delivery again',
  tags: ['deliveries'],
  policy: policy('delivery.redeliver', 'write'),
  params: idOf('delivery'),
  responses: { 202: s.Delivery },
  errors: [NOT_FOUND, 'PM_COMMON_CONFLICT'],
});
export const redeliverRange = defineRoute({
  id: 'publisher.delivery.redeliver_range',
  method: 'POST',
  path: '/api/v1/deliveries/redeliver',
  summary: 'Send the finished deliveries of a time range again',
  description: 'They are put on the queue at `perSecond`; `GET /api/v1/deliveries` shows how far they are.',
  tags: ['deliveries'],
  policy: policy('delivery.redeliver_range', 'write'),
  body: Type.Object(
    {
      from: Timestamp,
      to: Timestamp,
      endpointId: Type.Optional(IdSchema('endpoint')),
      subscriptionId: Type.Optional(IdSchema('subscription')),
      states: Type.Optional(
        Type.Array(Type.Union([Type.Literal('failed'), Type.Literal('delivered'), Type.Literal('cancelled')]), {
          minItems: 1,
          maxItems: 3,
        }),
      ),
      perSecond: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
      isDryRun: Type.Optional(Type.Boolean()),
    },
    { additionalProperties: false },
  ),
  responses: {
    202: Type.Object({ deliveries: Type.Integer({ minimum: 0 }), lastAt: Type.Union([Timestamp, Type.Null()]) }),
  },
  errors: [UNPROCESSABLE],
});

export const getPreferences = defineRoute({
  id: 'publisher.preferences.get',
  method: 'GET',
  path: '/api/v1/preferences',
  summary: 'Read your delivery preferences',
  tags: ['preferences'],
  policy: policy('preferences.read', 'read'),
  responses: { 200: s.Preferences },
  errors: [],
});
export const putPreferences = defineRoute({
  id: 'publisher.preferences.put',
  method: 'PUT',
  path: '/api/v1/preferences',
  summary: 'Set your delivery preferences',
  tags: ['preferences'],
  policy: policy('preferences.update', 'write'),
  body: s.Preferences,
  responses: { 200: s.Preferences },
  errors: [UNPROCESSABLE],
});
export const putDefaultPreferences = defineRoute({
  id: 'publisher.preferences.put_default',
  method: 'PUT',
  path: '/api/v1/preferences/default',
  summary: 'Set the preferences of users who have set none',
  tags: ['preferences'],
  policy: policy('preferences.update_default', 'write', 'admin'),
  body: s.Preferences,
  responses: { 200: s.Preferences },
  errors: [UNPROCESSABLE],
});

export const engage = defineRoute({
  id: 'publisher.engagement.record',
  method: 'POST',
  path: '/api/v1/deliveries/:id/engagement',
  summary: 'Say that a delivery was opened, clicked, acknowledged or dismissed',
  tags: ['engagement'],
  policy: policy('engagement.record', 'write'),
  params: idOf('delivery'),
  body: Type.Object({ kind: s.EngagementKind }, { additionalProperties: false }),
  responses: { 204: null },
  errors: [NOT_FOUND],
});
export const getEngagement = defineRoute({
  id: 'publisher.engagement.aggregate',
  method: 'GET',
  path: '/api/v1/engagement',
  summary: 'Deliveries and engagement by day',
  tags: ['engagement'],
  policy: policy('engagement.read', 'read'),
  query: Type.Object({
    subscriptionId: Type.Optional(IdSchema('subscription')),
    from: Type.Optional(Timestamp),
    to: Type.Optional(Timestamp),
  }),
  responses: {
    200: Type.Object({
      days: Type.Array(
        Type.Object({
          day: Type.String({ format: 'date' }),
          delivered: Type.Integer(),
          failed: Type.Integer(),
          open: Type.Integer(),
          click: Type.Integer(),
          ack: Type.Integer(),
          dismiss: Type.Integer(),
        }),
      ),
    }),
  },
  errors: [],
});
const Tracked = Type.Object({ token: Type.String({ minLength: 20, maxLength: 4096, pattern: '^[A-Za-z0-9_.-]+$' }) });
export const trackOpen = defineRoute({
  id: 'publisher.engagement.open',
  method: 'GET',
  path: '/api/v1/engagement/open/:token',
  summary: 'The picture in a mail that tells that it was opened',
  tags: ['engagement'],
  policy: { access: 'public' },
  params: Tracked,
  responses: { 204: null },
  errors: [NOT_FOUND],
});
export const trackClick = defineRoute({
  id: 'publisher.engagement.click',
  method: 'GET',
  path: '/api/v1/engagement/click/:token',
  summary: 'The link in a mail; redirects to what its signed token names',
  tags: ['engagement'],
  policy: { access: 'public' },
  params: Tracked,
  responses: { 302: null },
  errors: [NOT_FOUND],
});
export const unsubscribe = defineRoute({
  id: 'publisher.subscription.unsubscribe',
  method: 'POST',
  path: '/api/v1/subscriptions/unsubscribe/:token',
  summary: 'One-click unsubscribe of a mail (RFC 8058)',
  tags: ['subscriptions'],
  policy: { access: 'public' },
  params: Tracked,
  responses: { 204: null },
  errors: [NOT_FOUND],
  idempotency: 'none',
});
