import { type TProperties, type TSchema, Type } from 'typebox';
import { defineRoute, type RoutePolicy } from '../../define-route.ts';
import { IdSchema } from '../../ids.ts';
import { Page, PageQuery } from '../../pagination.ts';
import { StatedTimestamp } from '../../timestamps.ts';
import * as s from './schemas.ts';

const NOT_FOUND = 'PM_COMMON_NOT_FOUND';
const CONFLICT = 'PM_COMMON_VERSION_CONFLICT';
const UNPROCESSABLE = 'PM_COMMON_UNPROCESSABLE';
const QUERY_INVALID = 'PM_PUBLISHER_QUERY_INVALID';

const policy = (action: string, scope: 'read' | 'write', minRole: 'user' | 'admin' = 'user'): RoutePolicy => ({
  access: 'authenticated',
  action,
  minRole,
  scopes: [`subscriptions:${scope}`],
});
const idOf = (kind: Parameters<typeof IdSchema>[0]) => Type.Object({ id: IdSchema(kind) });
const list = <Item extends TSchema, Query extends TProperties>(item: Item, query: Query) => ({
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
  responses: { 201: s.SubscriptionWithSecret },
  errors: [UNPROCESSABLE, QUERY_INVALID, 'PM_HTTP_GUARD_URL_INVALID', 'PM_HTTP_GUARD_ADDRESS_FORBIDDEN'],
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
  responses: { 200: s.SubscriptionWithSecret },
  errors: [NOT_FOUND, CONFLICT, UNPROCESSABLE, QUERY_INVALID],
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
  errors: [UNPROCESSABLE, 'PM_PUBLISHER_CHANNEL_OFF', 'PM_HTTP_GUARD_URL_INVALID', 'PM_HTTP_GUARD_ADDRESS_FORBIDDEN'],
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
  errors: [NOT_FOUND, UNPROCESSABLE, 'PM_PUBLISHER_PROBE_FAILED'],
});
export const verifyEndpoint = defineRoute({
  id: 'publisher.endpoint.verify',
  method: 'POST',
  path: '/api/v1/endpoints/:id/verify',
  summary: 'Verify an e-mail address',
  tags: ['endpoints'],
  policy: policy('endpoint.verify', 'write'),
  params: idOf('endpoint'),
  body: Type.Object({ token: Type.String({ minLength: 10, maxLength: 1000 }) }, { additionalProperties: false }),
  responses: { 200: s.Endpoint },
  errors: [NOT_FOUND, 'PM_PUBLISHER_VERIFICATION_INVALID'],
});

export const sendVerification = defineRoute({
  id: 'publisher.endpoint.send_verification',
  method: 'POST',
  path: '/api/v1/endpoints/:id/send-verification',
  summary: 'Send the mail that verifies an address again',
  description: 'At most once a minute.',
  tags: ['endpoints'],
  policy: policy('endpoint.send_verification', 'write'),
  params: idOf('endpoint'),
  responses: { 202: s.Endpoint },
  errors: [NOT_FOUND, UNPROCESSABLE, 'PM_COMMON_TOO_MANY_REQUESTS'],
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
    from: Type.Optional(StatedTimestamp),
    to: Type.Optional(StatedTimestamp),
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
export const cancelDelivery = defineRoute({
  id: 'publisher.delivery.cancel',
  method: 'POST',
  path: '/api/v1/deliveries/:id/cancel',
  summary: 'Give up a delivery that has not ended',
  tags: ['deliveries'],
  policy: policy('delivery.cancel', 'write'),
  params: idOf('delivery'),
  responses: { 200: s.Delivery },
  errors: [NOT_FOUND, 'PM_COMMON_CONFLICT'],
});

export const createRedelivery = defineRoute({
  id: 'publisher.redelivery.create',
  method: 'POST',
  path: '/api/v1/publisher/redeliveries',
  summary: 'Send the finished deliveries of a time range again',
  description:
    'A job that puts them on the queue at `perSecond`. They keep their ids, so receivers can recognise them.',
  tags: ['deliveries'],
  policy: policy('redelivery.create', 'write'),
  body: s.CreateRedelivery,
  responses: { 202: s.Redelivery },
  errors: [UNPROCESSABLE],
});
export const listRedeliveries = defineRoute({
  id: 'publisher.redelivery.list',
  method: 'GET',
  path: '/api/v1/publisher/redeliveries',
  summary: 'List redelivery jobs, newest first',
  tags: ['deliveries'],
  policy: policy('redelivery.list', 'read'),
  ...list(s.Redelivery, {}),
  errors: [],
});
export const getRedelivery = defineRoute({
  id: 'publisher.redelivery.get',
  method: 'GET',
  path: '/api/v1/publisher/redeliveries/:id',
  summary: 'Read how far a redelivery job is',
  tags: ['deliveries'],
  policy: policy('redelivery.read', 'read'),
  params: idOf('redelivery'),
  responses: { 200: s.Redelivery },
  errors: [NOT_FOUND],
});
export const updateRedelivery = defineRoute({
  id: 'publisher.redelivery.update',
  method: 'PATCH',
  path: '/api/v1/publisher/redeliveries/:id',
  summary: 'Pause, resume or cancel a redelivery job, or change its rate',
  tags: ['deliveries'],
  policy: policy('redelivery.update', 'write'),
  params: idOf('redelivery'),
  body: Type.Object(
    {
      state: Type.Optional(Type.Union([Type.Literal('running'), Type.Literal('paused'), Type.Literal('cancelled')])),
      perSecond: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    },
    { additionalProperties: false, minProperties: 1 },
  ),
  responses: { 200: s.Redelivery },
  errors: [NOT_FOUND, 'PM_COMMON_CONFLICT'],
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
  summary: 'Deliveries and engagement by day, subscription or topic',
  description:
    'Counts deliveries that ended between `from` and `to` (the last 30 days when absent) and what was done with them.',
  tags: ['engagement'],
  policy: policy('engagement.read', 'read'),
  query: Type.Object({
    groupBy: Type.Optional(
      Type.Union([Type.Literal('day'), Type.Literal('subscription'), Type.Literal('topic')], { default: 'day' }),
    ),
    userId: Type.Optional(IdSchema('user')),
    subscriptionId: Type.Optional(IdSchema('subscription')),
    topic: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
    from: Type.Optional(StatedTimestamp),
    to: Type.Optional(StatedTimestamp),
  }),
  responses: {
    200: Type.Object({
      groups: Type.Array(
        Type.Object({
          key: Type.String({ description: 'The day (UTC), the subscription id or the topic.' }),
          delivered: Type.Integer(),
          failed: Type.Integer(),
          open: Type.Integer(),
          click: Type.Integer(),
          ack: Type.Integer(),
          dismiss: Type.Integer(),
        }),
        { maxItems: 1000 },
      ),
    }),
  },
  errors: [UNPROCESSABLE],
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
  responses: { 200: Type.String({ contentMediaType: 'image/gif' }) },
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
  consumes: ['application/x-www-form-urlencoded', 'multipart/form-data'],
  bodyBytesMax: 4096,
  responses: { 204: null },
  errors: [NOT_FOUND],
  idempotency: 'none',
});
export const confirmUnsubscribe = defineRoute({
  id: 'publisher.subscription.confirm_unsubscribe',
  method: 'GET',
  path: '/api/v1/subscriptions/unsubscribe/:token',
  summary: 'The page behind the unsubscribe link of a mail',
  tags: ['subscriptions'],
  policy: { access: 'public' },
  params: Tracked,
  responses: { 200: Type.String({ contentMediaType: 'text/html' }) },
  errors: [NOT_FOUND],
});
