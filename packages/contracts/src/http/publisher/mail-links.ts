import { Type } from 'typebox';
import { defineRoute } from '../../define-route.ts';

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
  errors: ['PM_COMMON_NOT_FOUND'],
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
  errors: ['PM_COMMON_NOT_FOUND'],
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
  errors: ['PM_COMMON_NOT_FOUND'],
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
  errors: ['PM_COMMON_NOT_FOUND'],
});
