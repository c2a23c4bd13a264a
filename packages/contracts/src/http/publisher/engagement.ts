import { Type } from 'typebox';
import { defineRoute } from '../../define-route.ts';
import { IdSchema } from '../../ids.ts';
import { StatedTimestamp } from '../../timestamps.ts';
import { policy } from './policies.ts';
import { EngagementKind } from './schemas.ts';

export const engage = defineRoute({
  id: 'publisher.engagement.record',
  method: 'POST',
  path: '/api/v1/deliveries/:id/engagement',
  summary: 'Say that a delivery was opened, clicked, acknowledged or dismissed',
  tags: ['engagement'],
  policy: policy('engagement.record', 'write'),
  params: Type.Object({ id: IdSchema('delivery') }),
  body: Type.Object({ kind: EngagementKind }, { additionalProperties: false }),
  responses: { 204: null },
  errors: ['PM_COMMON_NOT_FOUND'],
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
  errors: ['PM_COMMON_UNPROCESSABLE'],
});
