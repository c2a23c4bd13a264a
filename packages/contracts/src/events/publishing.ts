import { Type } from 'typebox';
import { defineEvent } from '../define-event.ts';
import { IdSchema } from '../ids.ts';
import { Timestamp } from '../timestamps.ts';
import { Acl } from './document.ts';

const Channel = Type.Union([Type.Literal('webhook'), Type.Literal('realtime'), Type.Literal('email')]);

/** Something worth telling subscribers has happened. Emitted by search when a document becomes searchable. */
export const PublishingTriggered = defineEvent({
  type: 'peermesh.publishing.triggered.v1',
  subject: 'publishing.triggered',
  stream: 'PUBLISHING',
  description: 'A document became searchable; subscriptions are matched against it.',
  data: Type.Object({
    documentId: IdSchema('document'),
    version: Type.Integer({ minimum: 1 }),
    sourceId: Type.Union([IdSchema('source'), Type.Null()]),
    title: Type.String({ maxLength: 1000 }),
    summary: Type.String({ maxLength: 4000, description: 'The beginning of the text; keyword filters look at it.' }),
    url: Type.Union([Type.String({ maxLength: 2048 }), Type.Null()]),
    language: Type.Union([Type.String({ maxLength: 35 }), Type.Null()]),
    topics: Type.Array(Type.String({ maxLength: 100 }), { maxItems: 50 }),
    keyphrases: Type.Array(Type.String({ maxLength: 200 }), { maxItems: 100 }),
    entities: Type.Array(
      Type.Object({
        id: IdSchema('entity'),
        name: Type.String({ maxLength: 300 }),
        type: Type.String({ maxLength: 40 }),
        confidence: Type.Number({ minimum: 0, maximum: 1 }),
      }),
      { maxItems: 500 },
    ),
    confidence: Type.Number({ minimum: 0, maximum: 1, description: 'Highest entity confidence, 1 without entities.' }),
    acl: Acl,
    publishedAt: Type.Union([Timestamp, Type.Null()]),
    indexedAt: Timestamp,
  }),
});

/** A delivery reached its endpoint. For the channel `realtime` the gateway pushes `payload` to the user's connections. */
export const PublishingDelivered = defineEvent({
  type: 'peermesh.publishing.delivered.v1',
  subject: 'publishing.delivered',
  stream: 'PUBLISHING',
  description: 'One delivery succeeded.',
  data: Type.Object({
    deliveryId: IdSchema('delivery'),
    notificationId: IdSchema('notification'),
    subscriptionId: IdSchema('subscription'),
    userId: IdSchema('user'),
    channel: Channel,
    attempts: Type.Integer({ minimum: 1 }),
    deliveredAt: Timestamp,
  }),
});

/** A notification for the realtime channel: the gateway pushes it to the connections of its user. */
export const RealtimeNotified = defineEvent({
  type: 'peermesh.publishing.realtime_notified.v1',
  subject: 'publishing.realtime_notified',
  stream: 'PUBLISHING',
  description: 'A notification for the WebSocket and SSE connections of one user.',
  data: Type.Object({
    deliveryId: IdSchema('delivery'),
    notificationId: IdSchema('notification'),
    subscriptionId: Type.Union([IdSchema('subscription'), Type.Null()], { description: 'Null for notices.' }),
    userId: IdSchema('user'),
    topic: Type.String({ maxLength: 200, description: 'What realtime clients subscribe to: `notifications`.' }),
    payload: Type.Record(Type.String(), Type.Unknown()),
  }),
});

/** A delivery failed for good. */
export const PublishingFailed = defineEvent({
  type: 'peermesh.publishing.failed.v1',
  subject: 'publishing.failed',
  stream: 'PUBLISHING',
  description: 'One delivery failed and will not be retried by itself.',
  data: Type.Object({
    deliveryId: IdSchema('delivery'),
    notificationId: IdSchema('notification'),
    subscriptionId: IdSchema('subscription'),
    userId: IdSchema('user'),
    channel: Channel,
    attempts: Type.Integer({ minimum: 0 }),
    reason: Type.Union([
      Type.Literal('exhausted'),
      Type.Literal('gone'),
      Type.Literal('rejected'),
      Type.Literal('expired'),
      Type.Literal('endpoint_disabled'),
    ]),
  }),
});

/** A recipient opened, clicked, acknowledged or dismissed a delivery. */
export const PublishingEngaged = defineEvent({
  type: 'peermesh.publishing.engaged.v1',
  subject: 'publishing.engaged',
  stream: 'PUBLISHING',
  description: 'A recipient engaged with a delivery.',
  data: Type.Object({
    deliveryId: IdSchema('delivery'),
    subscriptionId: IdSchema('subscription'),
    userId: IdSchema('user'),
    kind: Type.Union([Type.Literal('open'), Type.Literal('click'), Type.Literal('ack'), Type.Literal('dismiss')]),
    occurredAt: Timestamp,
  }),
});

/** An endpoint keeps failing, was disabled, or works again. */
export const EndpointStateChanged = defineEvent({
  type: 'peermesh.publishing.endpoint_state_changed.v1',
  subject: 'publishing.endpoint_state_changed',
  stream: 'PUBLISHING',
  description: 'An endpoint was warned about, disabled or enabled.',
  data: Type.Object({
    endpointId: IdSchema('endpoint'),
    userId: IdSchema('user'),
    channel: Channel,
    state: Type.Union([Type.Literal('failing'), Type.Literal('disabled'), Type.Literal('active')]),
    reason: Type.Union([Type.String({ maxLength: 100 }), Type.Null()]),
    failingSince: Type.Union([Timestamp, Type.Null()]),
    percent: Type.Integer({ minimum: 0, maximum: 100, description: 'Of the time after which it is disabled.' }),
  }),
});
