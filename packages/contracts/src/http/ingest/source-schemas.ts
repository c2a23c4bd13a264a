import { type Static, Type } from 'typebox';
import { Acl } from '../../events/document.ts';
import { IdSchema } from '../../ids.ts';
import { Timestamp } from '../../timestamps.ts';
import { StatedAcl } from './stated-acl.ts';

/** What a source is: polled (`feed`, `page`), called by the other side (`webhook`), or a name for pushed content. */
export const SourceKind = Type.Union([
  Type.Literal('feed'),
  Type.Literal('page'),
  Type.Literal('webhook'),
  Type.Literal('push'),
]);

/** When a polled source is fetched. `event` waits for a signed ping, or for new content of another source. */
export const SourceSchedule = Type.Union([
  Type.Object(
    {
      type: Type.Literal('interval'),
      seconds: Type.Integer({ minimum: 60, maximum: 2_592_000 }),
    },
    { additionalProperties: false },
  ),
  Type.Object(
    {
      type: Type.Literal('cron'),
      expression: Type.String({ minLength: 9, maxLength: 200, examples: ['0 7 * * MON-FRI'] }),
      timeZone: Type.String({ minLength: 1, maxLength: 64, examples: ['Europe/Berlin'] }),
    },
    { additionalProperties: false },
  ),
  Type.Object({ type: Type.Literal('manual') }, { additionalProperties: false }),
  Type.Object(
    { type: Type.Literal('event'), afterSourceId: Type.Optional(IdSchema('source')) },
    { additionalProperties: false },
  ),
]);
/** When a polled source is fetched. */
export type SourceSchedule = Static<typeof SourceSchedule>;

const settings = {
  name: Type.String({ minLength: 1, maxLength: 200 }),
  url: Type.String({ maxLength: 2048, pattern: '^https?://', description: 'Of feeds and pages.' }),
  schedule: SourceSchedule,
  topics: Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { maxItems: 50 }),
  acl: StatedAcl,
  language: Type.Union([Type.String({ pattern: '^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$', maxLength: 35 }), Type.Null()]),
  minIntervalSeconds: Type.Integer({
    minimum: 0,
    maximum: 86_400,
    description: 'Least time between two fetches, whatever asks for them.',
  }),
  itemsPerFetchMax: Type.Integer({ minimum: 1, maximum: 1000 }),
  respectRobots: Type.Boolean({ description: 'Only operators (admin) may switch this off.' }),
} as const;

/** A source to create. */
export const CreateSource = Type.Object(
  {
    name: settings.name,
    kind: SourceKind,
    url: Type.Optional(settings.url),
    schedule: Type.Optional(settings.schedule),
    topics: Type.Optional(settings.topics),
    acl: Type.Optional(settings.acl),
    language: Type.Optional(settings.language),
    minIntervalSeconds: Type.Optional(settings.minIntervalSeconds),
    itemsPerFetchMax: Type.Optional(settings.itemsPerFetchMax),
    respectRobots: Type.Optional(settings.respectRobots),
  },
  { additionalProperties: false },
);
/** A source to create. */
export type CreateSource = Static<typeof CreateSource>;

/** A change of a source; `version` must be the current one. */
export const UpdateSource = Type.Object(
  {
    version: Type.Integer({ minimum: 1 }),
    name: Type.Optional(settings.name),
    url: Type.Optional(settings.url),
    schedule: Type.Optional(settings.schedule),
    topics: Type.Optional(settings.topics),
    acl: Type.Optional(settings.acl),
    language: Type.Optional(settings.language),
    minIntervalSeconds: Type.Optional(settings.minIntervalSeconds),
    itemsPerFetchMax: Type.Optional(settings.itemsPerFetchMax),
    respectRobots: Type.Optional(settings.respectRobots),
    state: Type.Optional(Type.Union([Type.Literal('active'), Type.Literal('paused')])),
  },
  { additionalProperties: false },
);
/** A change of a source. */
export type UpdateSource = Static<typeof UpdateSource>;

/** A source. */
export const Source = Type.Object({
  id: IdSchema('source'),
  kind: SourceKind,
  name: Type.String(),
  url: Type.Union([Type.String(), Type.Null()]),
  schedule: Type.Unsafe<SourceSchedule>(Type.Object({ type: Type.String() })),
  topics: settings.topics,
  acl: Acl,
  language: Type.Union([Type.String(), Type.Null()]),
  minIntervalSeconds: Type.Integer(),
  itemsPerFetchMax: Type.Integer(),
  respectRobots: Type.Boolean(),
  state: Type.Union([Type.Literal('active'), Type.Literal('paused'), Type.Literal('disabled')]),
  stateReason: Type.Union([Type.String(), Type.Null()]),
  hookPath: Type.Union([
    Type.String({ description: 'Where the other side calls; for `webhook` and `event`.' }),
    Type.Null(),
  ]),
  nextFetchAt: Type.Union([Timestamp, Type.Null()]),
  lastFetchAt: Type.Union([Timestamp, Type.Null()]),
  lastSuccessAt: Type.Union([Timestamp, Type.Null()]),
  lastOutcome: Type.Union([Type.String(), Type.Null()]),
  consecutiveFailures: Type.Integer({ minimum: 0 }),
  version: Type.Integer({ minimum: 1 }),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
/** A source. */
export type Source = Static<typeof Source>;

/** A source together with its signing secret, which is shown only now. */
export const SourceWithSecret = Type.Object({
  source: Source,
  secret: Type.Union([Type.String({ description: 'Standard Webhooks secret, `whsec_...`.' }), Type.Null()]),
});

/** One attempt to fetch a source. */
export const SourceFetch = Type.Object({
  fetchedAt: Timestamp,
  durationMs: Type.Integer({ minimum: 0 }),
  outcome: Type.String({ examples: ['fetched', 'not_modified', 'failed', 'deferred'] }),
  httpStatus: Type.Union([Type.Integer(), Type.Null()]),
  bytes: Type.Integer({ minimum: 0 }),
  itemsNew: Type.Integer({ minimum: 0 }),
  itemsChanged: Type.Integer({ minimum: 0 }),
  itemsDuplicate: Type.Integer({ minimum: 0 }),
  itemsRejected: Type.Integer({ minimum: 0 }),
  code: Type.Union([Type.String(), Type.Null()]),
  detail: Type.Union([Type.String(), Type.Null()]),
  rawBody: Type.Union([Type.String({ description: 'First 64 KiB of a body that could not be parsed.' }), Type.Null()]),
});
/** One attempt to fetch a source. */
export type SourceFetch = Static<typeof SourceFetch>;
