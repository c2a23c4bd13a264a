import { type Static, Type } from 'typebox';
import { defineRoute } from '../../define-route.ts';
import { IdSchema } from '../../ids.ts';
import { Page, PageQuery } from '../../pagination.ts';
import { Timestamp } from '../../timestamps.ts';

const JobState = Type.Union([Type.Literal('queued'), Type.Literal('done'), Type.Literal('failed')]);

/** One extraction job. */
export const ExtractionJob = Type.Object({
  id: IdSchema('job'),
  contentId: IdSchema('content'),
  documentId: IdSchema('document'),
  state: JobState,
  attempts: Type.Integer({ minimum: 1, description: 'How often the job was put on the queue.' }),
  requestedAt: Timestamp,
  deadlineAt: Timestamp,
  finishedAt: Type.Union([Timestamp, Type.Null()]),
  failure: Type.Union([Type.Object({ code: Type.String(), detail: Type.String() }), Type.Null()]),
});
/** One extraction job. */
export type ExtractionJob = Static<typeof ExtractionJob>;

const read = {
  access: 'authenticated',
  action: 'extraction_job.read',
  minRole: 'moderator',
  scopes: ['content:read'],
} as const;

/** Lists extraction jobs, newest first. */
export const listExtractionJobs = defineRoute({
  id: 'ingest.extraction_job.list',
  method: 'GET',
  path: '/api/v1/extraction-jobs',
  summary: 'List extraction jobs, newest first',
  tags: ['extraction'],
  policy: read,
  query: Type.Object({
    ...PageQuery.properties,
    state: Type.Optional(JobState),
    contentId: Type.Optional(IdSchema('content')),
  }),
  responses: { 200: Page(ExtractionJob) },
  errors: [],
});

/** Shows one extraction job. */
export const getExtractionJob = defineRoute({
  id: 'ingest.extraction_job.get',
  method: 'GET',
  path: '/api/v1/extraction-jobs/:jobId',
  summary: 'Show an extraction job',
  tags: ['extraction'],
  policy: read,
  params: Type.Object({ jobId: IdSchema('job') }),
  responses: { 200: ExtractionJob },
  errors: ['PM_COMMON_NOT_FOUND'],
});

/** Puts a failed job back on the queue. */
export const retryExtractionJob = defineRoute({
  id: 'ingest.extraction_job.retry',
  method: 'POST',
  path: '/api/v1/extraction-jobs/:jobId/retry',
  summary: 'Put a failed job back on the queue',
  tags: ['extraction'],
  policy: { access: 'authenticated', action: 'extraction_job.retry', minRole: 'moderator', scopes: ['content:write'] },
  params: Type.Object({ jobId: IdSchema('job') }),
  responses: { 202: ExtractionJob },
  errors: ['PM_COMMON_NOT_FOUND', 'PM_COMMON_CONFLICT'],
});
