import { type Static, Type } from 'typebox';
import { defineRoute } from '../../define-route.ts';
import { Timestamp } from '../../timestamps.ts';

/** What a realtime connection can listen to. */
export const REALTIME_TOPICS = ['notifications', 'documents', 'entities'] as const;
/** What a realtime connection can listen to. */
export type RealtimeTopic = (typeof REALTIME_TOPICS)[number];

const Topics = Type.Array(Type.Enum([...REALTIME_TOPICS]), {
  minItems: 1,
  maxItems: 16,
});

/** What a WebSocket client may send. */
export const RealtimeClientMessage = Type.Union([
  Type.Object(
    {
      type: Type.Literal('subscribe'),
      topics: Topics,
      after: Type.Optional(
        Type.String({ maxLength: 200, description: 'Resume token: the `id` of the last event that was handled.' }),
      ),
    },
    { additionalProperties: false },
  ),
  Type.Object({ type: Type.Literal('unsubscribe'), topics: Topics }, { additionalProperties: false }),
  Type.Object({ type: Type.Literal('ping') }, { additionalProperties: false }),
]);
/** What a WebSocket client may send. */
export type RealtimeClientMessage = Static<typeof RealtimeClientMessage>;

/** What the gateway sends over a WebSocket. */
export const RealtimeServerMessage = Type.Union([
  Type.Object({
    type: Type.Literal('welcome'),
    connectionId: Type.String(),
    heartbeatMs: Type.Integer(),
    id: Type.String({ description: 'Resume token of now.' }),
    limits: Type.Object({
      messageBytesMax: Type.Integer(),
      messagesPerSecond: Type.Integer(),
      topicsMax: Type.Integer(),
    }),
  }),
  Type.Object({ type: Type.Literal('subscribed'), topics: Type.Array(Type.String()) }),
  Type.Object({
    type: Type.Literal('event'),
    id: Type.String({ description: 'Resume token.' }),
    topic: Type.String(),
    event: Type.Object({ id: Type.String(), type: Type.String(), time: Timestamp, data: Type.Unknown() }),
  }),
  Type.Object({
    type: Type.Literal('resync'),
    id: Type.String({ description: 'Resume token from here on.' }),
    reason: Type.Union([
      Type.Literal('expired'),
      Type.Literal('unknown'),
      Type.Literal('slow'),
      Type.Literal('unavailable'),
    ]),
  }),
  Type.Object({ type: Type.Literal('pong') }),
  Type.Object({ type: Type.Literal('heartbeat'), id: Type.String({ description: 'Resume token of now.' }) }),
  Type.Object({ type: Type.Literal('error'), code: Type.String(), detail: Type.String() }),
  Type.Object({ type: Type.Literal('goodbye'), reason: Type.String(), reconnectAfterMs: Type.Integer({ minimum: 0 }) }),
]);
/** What the gateway sends over a WebSocket. */
export type RealtimeServerMessage = Static<typeof RealtimeServerMessage>;

/** Opens a realtime connection. */
export const connectRealtime = defineRoute({
  id: 'gateway.realtime.connect',
  method: 'GET',
  path: '/api/v1/realtime',
  summary: 'Open a WebSocket or an event stream',
  description:
    'With `Upgrade: websocket`, or with `Accept: text/event-stream` for Server-Sent Events. Authenticated by the Authorization header, or by a single-use `ticket` where headers cannot be set; a token in the URL is refused. Every event carries an `id`; the last one, sent back as `Last-Event-ID` or `resume`, continues without loss inside the window, and a `resync` message says when that is not possible.',
  tags: ['realtime'],
  policy: { access: 'authenticated', action: 'realtime.connect', minRole: 'user', scopes: ['realtime:read'] },
  query: Type.Object({
    topics: Type.Optional(
      Type.String({ maxLength: 200, description: 'Comma-separated; a WebSocket can also subscribe later.' }),
    ),
    resume: Type.Optional(Type.String({ maxLength: 200 })),
    ticket: Type.Optional(Type.String({ maxLength: 200 })),
  }),
  responses: { 200: Type.String({ contentMediaType: 'text/event-stream' }) },
  errors: [
    'PM_GATEWAY_TICKET_INVALID',
    'PM_GATEWAY_REALTIME_LIMIT',
    'PM_GATEWAY_UPGRADE_REQUIRED',
    'PM_GATEWAY_IDENTITY_UNAVAILABLE',
  ],
});

/** A ticket opens one connection as its owner. */
export const RealtimeTicket = Type.Object({
  ticket: Type.String({ pattern: '^rtt_[A-Za-z0-9_-]{43}$' }),
  expiresAt: Timestamp,
});
/** A ticket opens one connection as its owner. */
export type RealtimeTicket = Static<typeof RealtimeTicket>;

/** Issues a ticket for clients that cannot set headers. */
export const createRealtimeTicket = defineRoute({
  id: 'gateway.realtime.ticket',
  method: 'POST',
  path: '/api/v1/realtime/tickets',
  summary: 'Get a single-use ticket for a realtime connection',
  description: 'For browsers, which cannot set headers on a WebSocket. Valid once, for 30 seconds.',
  tags: ['realtime'],
  policy: { access: 'authenticated', action: 'realtime.connect', minRole: 'user', scopes: ['realtime:read'] },
  responses: { 201: RealtimeTicket },
  errors: ['PM_COMMON_UNAVAILABLE'],
  idempotency: 'none',
});
