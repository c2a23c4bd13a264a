import { Type } from 'typebox';
import { defineRoute } from '../../define-route.ts';
import { Timestamp } from '../../timestamps.ts';
import { runSearch } from './policies.ts';

/** What is being written about, and how that changed. */
export const getTrends = defineRoute({
  id: 'search.trends',
  method: 'GET',
  path: '/api/v1/trends',
  summary: 'Trending entities or topics',
  description:
    'Counts documents by publication time in hourly or daily buckets, from materialized rollups, over documents that the caller may read. `score` is the growth of the recent window over the one before it, dampened for small counts.',
  tags: ['search'],
  policy: runSearch,
  query: Type.Object({
    of: Type.Optional(Type.Union([Type.Literal('entity'), Type.Literal('topic')], { default: 'entity' })),
    key: Type.Optional(
      Type.String({ minLength: 1, maxLength: 300, description: 'One entity id or topic: its series.' }),
    ),
    bucket: Type.Optional(Type.Union([Type.Literal('hour'), Type.Literal('day')], { default: 'day' })),
    windowHours: Type.Optional(Type.Integer({ minimum: 1, maximum: 24 * 366, default: 168 })),
    until: Type.Optional(Timestamp),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
  }),
  responses: {
    200: Type.Object({
      items: Type.Array(
        Type.Object({
          key: Type.String(),
          name: Type.String(),
          count: Type.Integer({ minimum: 0 }),
          previous: Type.Integer({ minimum: 0 }),
          score: Type.Number(),
          series: Type.Array(Type.Object({ at: Timestamp, count: Type.Integer({ minimum: 0 }) })),
        }),
      ),
      from: Timestamp,
      until: Timestamp,
      watermark: Type.Integer({ minimum: 0 }),
    }),
  },
  errors: [],
});
