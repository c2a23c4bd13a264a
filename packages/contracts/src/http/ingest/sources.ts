import { Type } from 'typebox';
import { defineRoute } from '../../define-route.ts';
import { IdSchema } from '../../ids.ts';
import { Page, PageQuery } from '../../pagination.ts';
import { Timestamp } from '../../timestamps.ts';
import { CreateSource, Source, SourceFetch, SourceKind, SourceWithSecret, UpdateSource } from './source-schemas.ts';

const params = Type.Object({ sourceId: IdSchema('source') });
const read = { access: 'authenticated', action: 'source.read', minRole: 'user', scopes: ['sources:read'] } as const;
const write = {
  access: 'authenticated',
  action: 'source.write',
  minRole: 'moderator',
  scopes: ['sources:write'],
} as const;
const tags = ['sources'];

/** Creates a source. */
export const createSource = defineRoute({
  id: 'ingest.source.create',
  method: 'POST',
  path: '/api/v1/sources',
  summary: 'Create a source',
  description:
    'Feeds and pages need a URL; without a schedule they are fetched every 30 minutes. The secret of a webhook source, and of a source that waits for pings, is shown only in this answer.',
  tags,
  policy: write,
  body: CreateSource,
  responses: { 201: SourceWithSecret },
  errors: [
    'PM_INGEST_SCHEDULE_INVALID',
    'PM_INGEST_QUOTA_EXCEEDED',
    'PM_COMMON_UNPROCESSABLE',
    'PM_HTTP_GUARD_URL_INVALID',
    'PM_HTTP_GUARD_ADDRESS_FORBIDDEN',
  ],
});

/** Lists sources. */
export const listSources = defineRoute({
  id: 'ingest.source.list',
  method: 'GET',
  path: '/api/v1/sources',
  summary: 'List sources',
  tags,
  policy: read,
  query: Type.Object({
    ...PageQuery.properties,
    kind: Type.Optional(SourceKind),
    state: Type.Optional(Type.Union([Type.Literal('active'), Type.Literal('paused'), Type.Literal('disabled')])),
    topic: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
  }),
  responses: { 200: Page(Source) },
  errors: [],
});

/** Shows one source. */
export const getSource = defineRoute({
  id: 'ingest.source.get',
  method: 'GET',
  path: '/api/v1/sources/:sourceId',
  summary: 'Show a source',
  tags,
  policy: read,
  params,
  responses: { 200: Source },
  errors: ['PM_COMMON_NOT_FOUND'],
});

/** Changes one source. */
export const updateSource = defineRoute({
  id: 'ingest.source.update',
  method: 'PATCH',
  path: '/api/v1/sources/:sourceId',
  summary: 'Change a source',
  description: 'Setting `state` to `active` also forgives earlier failures.',
  tags,
  policy: write,
  params,
  body: UpdateSource,
  responses: { 200: Source },
  errors: [
    'PM_COMMON_NOT_FOUND',
    'PM_COMMON_VERSION_CONFLICT',
    'PM_INGEST_SCHEDULE_INVALID',
    'PM_COMMON_UNPROCESSABLE',
    'PM_HTTP_GUARD_URL_INVALID',
    'PM_HTTP_GUARD_ADDRESS_FORBIDDEN',
  ],
});

/** Deletes one source; what it brought stays. */
export const deleteSource = defineRoute({
  id: 'ingest.source.delete',
  method: 'DELETE',
  path: '/api/v1/sources/:sourceId',
  summary: 'Delete a source',
  description: 'The content that the source brought stays.',
  tags,
  policy: write,
  params,
  query: Type.Object({ version: Type.Optional(Type.Integer({ minimum: 1 })) }),
  responses: { 204: null },
  errors: ['PM_COMMON_NOT_FOUND', 'PM_COMMON_VERSION_CONFLICT'],
});

/** Asks for a fetch as soon as politeness permits. */
export const fetchSource = defineRoute({
  id: 'ingest.source.fetch',
  method: 'POST',
  path: '/api/v1/sources/:sourceId/fetch',
  summary: 'Fetch a source now',
  description: 'Moves the next fetch to now, but never before `minIntervalSeconds` after the last one.',
  tags,
  policy: write,
  params,
  responses: { 202: Type.Object({ sourceId: IdSchema('source'), nextFetchAt: Timestamp }) },
  errors: ['PM_COMMON_NOT_FOUND', 'PM_INGEST_SOURCE_UNAVAILABLE'],
});

/** Lists the latest fetches of a source. */
export const listSourceFetches = defineRoute({
  id: 'ingest.source.list_fetches',
  method: 'GET',
  path: '/api/v1/sources/:sourceId/fetches',
  summary: 'List the fetches of a source, newest first',
  tags,
  policy: read,
  params,
  query: PageQuery,
  responses: { 200: Page(SourceFetch) },
  errors: ['PM_COMMON_NOT_FOUND'],
});

/** Replaces the signing secret of a source. */
export const rotateSourceSecret = defineRoute({
  id: 'ingest.source.rotate_secret',
  method: 'POST',
  path: '/api/v1/sources/:sourceId/secret',
  summary: 'Replace the signing secret',
  description: 'The previous secret stays valid for 24 hours.',
  tags,
  policy: write,
  params,
  responses: { 200: SourceWithSecret },
  errors: ['PM_COMMON_NOT_FOUND', 'PM_INGEST_SOURCE_UNAVAILABLE'],
});
