import { type Static, Type } from 'typebox';
import { IdSchema } from '../../ids.ts';
import { Timestamp } from '../../timestamps.ts';

/** Where a dead letter stands: only `open` ones can be redriven or discarded; `redriven` ones wait for their consumer. */
export const DEAD_LETTER_STATES = ['open', 'scheduled', 'redriven', 'resolved', 'discarded'] as const;

/** The states as a schema. */
export const DeadLetterState = Type.Union([
  Type.Literal('open'),
  Type.Literal('scheduled'),
  Type.Literal('redriven'),
  Type.Literal('resolved'),
  Type.Literal('discarded'),
]);

const Name = Type.String({ minLength: 1, maxLength: 128 });

/** An event that a consumer gave up on. */
export const DeadLetterSummary = Type.Object({
  id: IdSchema('deadLetter'),
  consumer: Type.String({ examples: ['search-extracted'] }),
  stream: Type.String({ examples: ['AI'] }),
  streamSequence: Type.Integer({ minimum: 0 }),
  subject: Type.String({ examples: ['ai.extracted'] }),
  eventId: Type.Union([Type.String({ format: 'uuid' }), Type.Null()]),
  eventType: Type.Union([Type.String(), Type.Null()]),
  code: Type.String({ description: 'Why, as a code of the error catalogue or of messaging.' }),
  reason: Type.String({ description: 'Why, in words.' }),
  attempts: Type.Integer({ minimum: 0, description: 'Deliveries so far, those of redrives included.' }),
  redrives: Type.Integer({ minimum: 0 }),
  state: DeadLetterState,
  firstFailedAt: Timestamp,
  lastFailedAt: Timestamp,
  redriveAt: Type.Union([Timestamp, Type.Null()]),
  resolvedAt: Type.Union([Timestamp, Type.Null()]),
  resolvedBy: Type.Union([Type.String(), Type.Null()]),
});
/** An event that a consumer gave up on. */
export type DeadLetterSummary = Static<typeof DeadLetterSummary>;

/** A dead letter with everything that the message carried. */
export const DeadLetter = Type.Object({
  ...DeadLetterSummary.properties,
  headers: Type.Record(Type.String(), Type.String(), { description: 'The original headers.' }),
  bodyEncoding: Type.Union([Type.Literal('utf8'), Type.Literal('base64')]),
  body: Type.String({ description: 'The original body; base64 when it is not UTF-8.' }),
});
/** A dead letter with everything that the message carried. */
export type DeadLetter = Static<typeof DeadLetter>;

/** Which dead letters are meant. Every member narrows. */
export const DeadLetterFilter = {
  consumer: Type.Optional(Name),
  code: Type.Optional(Name),
  subject: Type.Optional(Name),
  from: Type.Optional(Type.String({ format: 'date-time', description: 'Last failed at this time or later.' })),
  to: Type.Optional(Type.String({ format: 'date-time', description: 'Last failed before this time.' })),
};

const strict = { additionalProperties: false } as const;

/** Open dead letters by id or by filter; one of the two. */
export const DeadLetterSelection = Type.Object(
  {
    ids: Type.Optional(Type.Array(IdSchema('deadLetter'), { minItems: 1, maxItems: 1_000, uniqueItems: true })),
    filter: Type.Optional(Type.Object(DeadLetterFilter, strict)),
    dryRun: Type.Optional(Type.Boolean({ default: false, description: 'Only count.' })),
  },
  strict,
);

/** The same, with the pace of the redrive. */
export const DeadLetterRedrive = Type.Object(
  {
    ...DeadLetterSelection.properties,
    ratePerSecond: Type.Optional(Type.Number({ minimum: 0.1, maximum: 10_000, default: 100 })),
  },
  strict,
);

/** What a redrive or a discard did. */
export const DeadLetterChange = Type.Object({
  matched: Type.Integer({ minimum: 0, description: 'Open dead letters that were meant.' }),
  changed: Type.Integer({ minimum: 0, description: 'Zero on a dry run.' }),
  dryRun: Type.Boolean(),
});
/** What a redrive or a discard did. */
export type DeadLetterChange = Static<typeof DeadLetterChange>;
