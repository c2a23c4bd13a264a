import { Type } from 'typebox';
import { defineRoute } from '../../define-route.ts';
import { IdSchema } from '../../ids.ts';

/** Where the other side of a `webhook` source delivers, and where sources with schedule `event` are pinged. */
export const receiveHook = defineRoute({
  id: 'ingest.hook.receive',
  method: 'POST',
  path: '/api/v1/ingest/hooks/:sourceId',
  summary: 'Deliver to a webhook source, or ping a polled one',
  description:
    'Authenticated by the secret of the source: either Standard Webhooks headers (`webhook-id`, `webhook-timestamp`, `webhook-signature`), or the secret itself as `x-webhook-token` or bearer token. JSON with an `items` array is taken in as that many items; any other body as one. A ping to a feed or page needs no body.',
  tags: ['sources'],
  policy: { access: 'public' },
  params: Type.Object({ sourceId: IdSchema('source') }),
  consumes: [
    'application/json',
    'application/feed+json',
    'text/plain',
    'text/markdown',
    'text/html',
    'application/xml',
    'application/rss+xml',
    'application/atom+xml',
    'text/xml',
  ],
  bodyBytesMax: 8 * 1024 * 1024,
  responses: {
    202: Type.Object({
      accepted: Type.Integer({ minimum: 0 }),
      duplicates: Type.Integer({ minimum: 0 }),
      rejected: Type.Integer({ minimum: 0 }),
      fetchScheduled: Type.Boolean(),
    }),
  },
  errors: [
    'PM_INGEST_SIGNATURE_INVALID',
    'PM_INGEST_CONTENT_UNREADABLE',
    'PM_INGEST_SOURCE_UNAVAILABLE',
    'PM_INGEST_QUOTA_EXCEEDED',
  ],
  idempotency: 'none',
});
