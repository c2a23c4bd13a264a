import { type Static, Type } from 'typebox';
import { IdSchema } from '../../ids.ts';
import { StatedTimestamp, Timestamp } from '../../timestamps.ts';

const Name = Type.String({ minLength: 1, maxLength: 200 });
const Version = Type.Integer({ minimum: 1 });

/** How a delivery reaches its recipient. */
export const Channel = Type.Union([Type.Literal('webhook'), Type.Literal('realtime'), Type.Literal('email')]);
export type Channel = Static<typeof Channel>;

/** What a subscription asks for: every criterion that is given must hold; within a list one is enough. */
export const SubscriptionFilter = Type.Object(
  {
    topics: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { minItems: 1, maxItems: 50 })),
    sources: Type.Optional(Type.Array(IdSchema('source'), { minItems: 1, maxItems: 50 })),
    entities: Type.Optional(
      Type.Array(
        Type.Object(
          {
            id: Type.Optional(IdSchema('entity')),
            name: Type.Optional(Type.String({ minLength: 1, maxLength: 300 })),
            type: Type.Optional(Type.String({ pattern: '^[a-z][a-z0-9_]{0,39}$' })),
          },
          { additionalProperties: false, minProperties: 1 },
        ),
        { minItems: 1, maxItems: 50 },
      ),
    ),
    query: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 500,
        description: 'Words, "phrases", AND, OR, NOT and parentheses; words side by side must all occur.',
        examples: ['battery AND (recycling OR "second life") NOT lead'],
      }),
    ),
    languages: Type.Optional(Type.Array(Type.String({ minLength: 2, maxLength: 35 }), { minItems: 1, maxItems: 20 })),
    minConfidence: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
  },
  { additionalProperties: false },
);
export type SubscriptionFilter = Static<typeof SubscriptionFilter>;

const subscriptionFields = {
  name: Name,
  filter: SubscriptionFilter,
  endpointIds: Type.Array(IdSchema('endpoint'), { minItems: 1, maxItems: 10, uniqueItems: true }),
  state: Type.Union([Type.Literal('active'), Type.Literal('paused')]),
  statusCallbackUrl: Type.Union([Type.String({ format: 'uri', maxLength: 2048 }), Type.Null()], {
    description: 'Gets a signed `delivery.status` for each delivery that ends.',
  }),
};

/** A standing question of a user. */
export const Subscription = Type.Object({
  id: IdSchema('subscription'),
  userId: IdSchema('user'),
  ...subscriptionFields,
  version: Version,
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
/** A subscription with the secret that signs its status callbacks; shown once, when the URL is set. */
export const SubscriptionWithSecret = Type.Object({
  ...Subscription.properties,
  statusCallbackSecret: Type.Union([Type.String(), Type.Null()]),
});
export const CreateSubscription = Type.Object(
  {
    name: subscriptionFields.name,
    filter: subscriptionFields.filter,
    endpointIds: subscriptionFields.endpointIds,
    state: Type.Optional(subscriptionFields.state),
    statusCallbackUrl: Type.Optional(subscriptionFields.statusCallbackUrl),
  },
  { additionalProperties: false },
);
export const UpdateSubscription = Type.Object(
  { ...Type.Partial(Type.Object(subscriptionFields)).properties, version: Version },
  { additionalProperties: false, minProperties: 2 },
);

/** Where deliveries go. */
export const Endpoint = Type.Object({
  id: IdSchema('endpoint'),
  userId: IdSchema('user'),
  channel: Channel,
  name: Name,
  url: Type.Union([Type.String(), Type.Null()]),
  email: Type.Union([Type.String(), Type.Null()]),
  state: Type.Union([Type.Literal('active'), Type.Literal('unverified'), Type.Literal('disabled')]),
  disabledReason: Type.Union([Type.String(), Type.Null()]),
  isOrdered: Type.Boolean({ description: 'One delivery at a time, in order; a failing one holds the others back.' }),
  ratePerSecond: Type.Integer({ minimum: 1, maximum: 1000 }),
  failingSince: Type.Union([Timestamp, Type.Null()]),
  lastSuccessAt: Type.Union([Timestamp, Type.Null()]),
  version: Version,
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
/** An endpoint with its signing secret, which is shown once. */
export const EndpointWithSecret = Type.Object({
  ...Endpoint.properties,
  secret: Type.Union([Type.String({ description: 'Standard Webhooks secret, `whsec_...`.' }), Type.Null()]),
});
export const CreateEndpoint = Type.Object(
  {
    channel: Channel,
    name: Name,
    url: Type.Optional(Type.String({ format: 'uri', maxLength: 2048, description: 'Of a webhook.' })),
    email: Type.Optional(Type.String({ format: 'email', maxLength: 320, description: 'Verified by mail before use.' })),
    isOrdered: Type.Optional(Type.Boolean()),
    ratePerSecond: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
  },
  { additionalProperties: false },
);
export const UpdateEndpoint = Type.Object(
  {
    name: Type.Optional(Name),
    url: Type.Optional(Type.String({ format: 'uri', maxLength: 2048 })),
    isOrdered: Type.Optional(Type.Boolean()),
    ratePerSecond: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    version: Version,
  },
  { additionalProperties: false, minProperties: 2 },
);

/** States of a delivery; `suppressed`, `delivered`, `failed` and `cancelled` are final. */
export const DeliveryState = Type.Union([
  Type.Literal('pending'),
  Type.Literal('scheduled'),
  Type.Literal('sending'),
  Type.Literal('retry_wait'),
  Type.Literal('delivered'),
  Type.Literal('suppressed'),
  Type.Literal('failed'),
  Type.Literal('cancelled'),
]);

/** One notification on its way to one endpoint. */
export const Delivery = Type.Object({
  id: IdSchema('delivery'),
  notificationId: IdSchema('notification'),
  kind: Type.Union([Type.Literal('document'), Type.Literal('notice')]),
  subscriptionId: Type.Union([IdSchema('subscription'), Type.Null()]),
  endpointId: IdSchema('endpoint'),
  userId: IdSchema('user'),
  documentId: Type.Union([IdSchema('document'), Type.Null()]),
  channel: Channel,
  state: DeliveryState,
  reason: Type.Union([Type.String(), Type.Null()]),
  attempts: Type.Integer({ minimum: 0 }),
  nextAttemptAt: Type.Union([Timestamp, Type.Null()]),
  deliveredAt: Type.Union([Timestamp, Type.Null()]),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
export const Attempt = Type.Object({
  number: Type.Integer({ minimum: 1 }),
  startedAt: Timestamp,
  latencyMs: Type.Integer({ minimum: 0 }),
  outcome: Type.String(),
  httpStatus: Type.Union([Type.Integer(), Type.Null()]),
  response: Type.Union([Type.String({ description: 'The first 4 KB.' }), Type.Null()]),
});
export const DeliveryWithAttempts = Type.Object({ ...Delivery.properties, attemptLog: Type.Array(Attempt) });

/** A job that sends the finished deliveries of a time range again. */
export const Redelivery = Type.Object({
  id: IdSchema('redelivery'),
  state: Type.Union([Type.Literal('running'), Type.Literal('paused'), Type.Literal('cancelled'), Type.Literal('done')]),
  perSecond: Type.Integer({ minimum: 1 }),
  total: Type.Integer({ minimum: 0, description: 'Deliveries that it found when it was made.' }),
  queued: Type.Integer({ minimum: 0, description: 'Of these, how many are on their way again.' }),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
export const CreateRedelivery = Type.Object(
  {
    from: StatedTimestamp,
    to: StatedTimestamp,
    endpointId: Type.Optional(IdSchema('endpoint')),
    subscriptionId: Type.Optional(IdSchema('subscription')),
    states: Type.Optional(
      Type.Array(Type.Union([Type.Literal('failed'), Type.Literal('delivered'), Type.Literal('cancelled')]), {
        minItems: 1,
        maxItems: 3,
        description: '`failed` when absent.',
      }),
    ),
    perSecond: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: '50 when absent.' })),
  },
  { additionalProperties: false },
);

/** When and how a user wants to be told. */
export const Preferences = Type.Object(
  {
    channels: Type.Optional(
      Type.Object(
        {
          webhook: Type.Optional(Type.Boolean()),
          realtime: Type.Optional(Type.Boolean()),
          email: Type.Optional(Type.Boolean()),
        },
        { additionalProperties: false },
      ),
    ),
    mutedTopics: Type.Optional(
      Type.Array(
        Type.Object(
          { topic: Type.String({ minLength: 1, maxLength: 100 }), channel: Type.Optional(Channel) },
          { additionalProperties: false },
        ),
        { maxItems: 200 },
      ),
    ),
    quietHours: Type.Optional(
      Type.Union([
        Type.Object(
          {
            start: Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$' }),
            end: Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$' }),
            timeZone: Type.String({ minLength: 1, maxLength: 64, examples: ['Europe/Berlin'] }),
          },
          { additionalProperties: false },
        ),
        Type.Null(),
      ]),
    ),
    emailDigest: Type.Optional(Type.Union([Type.Literal('off'), Type.Literal('hourly'), Type.Literal('daily')])),
  },
  { additionalProperties: false },
);
export type Preferences = Static<typeof Preferences>;

/** What a recipient did with a delivery. */
export const EngagementKind = Type.Union([
  Type.Literal('open'),
  Type.Literal('click'),
  Type.Literal('ack'),
  Type.Literal('dismiss'),
]);
