import { type Static, Type } from 'typebox';
import { defineRoute, type RoutePolicy } from '../../define-route.ts';
import { IdSchema } from '../../ids.ts';
import { Page, PageQuery } from '../../pagination.ts';
import { Timestamp } from '../../timestamps.ts';

const State = Type.Union([Type.Literal('open'), Type.Literal('redriven'), Type.Literal('discarded')]);

/** An event that a consumer gave up on. */
export const DeadLetterSummary = Type.Object({
  id: IdSchema('deadLetter'),
  tenantId: Type.String(),
  consumer: Type.String({ description: 'Durable name of the consumer that gave up.' }),
  stream: Type.String(),
  streamSequence: Type.Integer(),
  subject: Type.String(),
  eventId: Type.Union([Type.String(), Type.Null()]),
  code: Type.String({ description: 'Why, as a stable code.' }),
  reason: Type.String({ description: 'Why, as text.' }),
  attempts: Type.Integer({ minimum: 1 }),
  state: State,
  redrives: Type.Integer({ minimum: 0 }),
  firstFailedAt: Timestamp,
  lastFailedAt: Timestamp,
  resolvedAt: Type.Union([Timestamp, Type.Null()]),
  resolvedBy: Type.Union([Type.String(), Type.Null()]),
});
export type DeadLetterSummary = Static<typeof DeadLetterSummary>;

/** The same with everything that the event carried. */
export const DeadLetterRecord = Type.Object({
  ...DeadLetterSummary.properties,
  headers: Type.Record(Type.String(), Type.String()),
  body: Type.String({ description: 'As text when it is UTF-8, else in base64.' }),
  bodyEncoding: Type.Union([Type.Literal('utf8'), Type.Literal('base64')]),
});
export type DeadLetterRecord = Static<typeof DeadLetterRecord>;

const Selection = {
  ids: Type.Optional(Type.Array(IdSchema('deadLetter'), { minItems: 1, maxItems: 1000, uniqueItems: true })),
  consumer: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
  code: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
  from: Type.Optional(Timestamp),
  to: Type.Optional(Timestamp),
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 10_000, description: 'At most so many; 1,000 when absent.' }),
  ),
  isDryRun: Type.Optional(Type.Boolean({ description: 'Only count.' })),
};

const errors = ['PM_COMMON_NOT_FOUND', 'PM_COMMON_UNPROCESSABLE'];

/** The operations on the dead letters of one service. */
export function defineDeadLetterRoutes<const Module extends string>(module: Module) {
  const policy = (action: string): RoutePolicy => ({
    access: 'authenticated',
    action: `dead_letter.${action}`,
    minRole: 'admin',
    scopes: ['dead-letters:manage'],
  });
  const path = `/api/v1/${module}/dead-letters` as const;
  const tags = ['dead letters'];
  return {
    listDeadLetters: defineRoute({
      id: `${module}.dead-letter.list`,
      method: 'GET',
      path,
      summary: `List dead letters of ${module}, newest first`,
      tags,
      policy: policy('list'),
      query: Type.Object({
        ...PageQuery.properties,
        state: Type.Optional(State),
        consumer: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
        code: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
      }),
      responses: { 200: Page(DeadLetterSummary) },
      errors: [],
    }),
    getDeadLetter: defineRoute({
      id: `${module}.dead-letter.get`,
      method: 'GET',
      path: `${path}/:id`,
      summary: 'Read a dead letter with its headers and body',
      tags,
      policy: policy('read'),
      params: Type.Object({ id: IdSchema('deadLetter') }),
      responses: { 200: DeadLetterRecord },
      errors,
    }),
    redriveDeadLetters: defineRoute({
      id: `${module}.dead-letter.redrive`,
      method: 'POST',
      path: `${path}/redrive`,
      summary: 'Send open dead letters to their consumer again',
      description: 'Only the consumer that gave up gets them; it keeps the event id, so no effect happens twice.',
      tags,
      policy: policy('redrive'),
      body: Type.Object(Selection, { additionalProperties: false }),
      responses: { 202: Type.Object({ deadLetters: Type.Integer({ minimum: 0 }) }) },
      errors,
    }),
    discardDeadLetters: defineRoute({
      id: `${module}.dead-letter.discard`,
      method: 'POST',
      path: `${path}/discard`,
      summary: 'Give open dead letters up for good',
      tags,
      policy: policy('discard'),
      body: Type.Object(Selection, { additionalProperties: false }),
      responses: { 200: Type.Object({ deadLetters: Type.Integer({ minimum: 0 }) }) },
      errors,
    }),
  } as const;
}

/** Services that keep dead letters. */
export const DEAD_LETTER_MODULES = ['auth', 'ingest', 'publisher', 'search'] as const;
