import { Type } from 'typebox';
import { defineRoute } from '../../define-route.ts';
import { IdSchema } from '../../ids.ts';
import { Page, PageQuery } from '../../pagination.ts';
import {
  DeadLetter,
  DeadLetterChange,
  DeadLetterFilter,
  DeadLetterRedrive,
  DeadLetterSelection,
  DeadLetterState,
  DeadLetterSummary,
} from './schemas.ts';

export { DEAD_LETTER_STATES, DeadLetter, DeadLetterChange, DeadLetterSummary } from './schemas.ts';

/** Modules that consume events and so have dead letters. */
export const DEAD_LETTER_MODULES = ['auth', 'ingest', 'search', 'publisher', 'router'] as const;
/** A module with dead letters. */
export type DeadLetterModule = (typeof DEAD_LETTER_MODULES)[number];

const params = Type.Object({ deadLetterId: IdSchema('deadLetter') });

/** The dead letter operations of one module, for administrators of the tenant whose events they are. */
export function deadLetterRoutes<const Module extends DeadLetterModule>(module: Module) {
  const tags = ['dead-letters'];
  const root = `/api/v1/${module}/dead-letters` as const;
  const read = {
    access: 'authenticated',
    action: 'dead_letter.read',
    minRole: 'admin',
    scopes: ['dead-letters:read'],
  } as const;
  const write = { ...read, action: 'dead_letter.write', scopes: ['dead-letters:write'] } as const;
  return {
    listDeadLetters: defineRoute({
      id: `${module}.dead_letter.list`,
      method: 'GET',
      path: root,
      summary: 'List dead letters',
      description: 'The one that failed last comes first.',
      tags,
      policy: read,
      query: Type.Object(
        { ...PageQuery.properties, ...DeadLetterFilter, state: Type.Optional(DeadLetterState) },
        { additionalProperties: false },
      ),
      responses: { 200: Page(DeadLetterSummary) },
      errors: [],
    }),
    getDeadLetter: defineRoute({
      id: `${module}.dead_letter.get`,
      method: 'GET',
      path: `${root}/:deadLetterId`,
      summary: 'Show a dead letter with its headers and body',
      tags,
      policy: read,
      params,
      responses: { 200: DeadLetter },
      errors: ['PM_COMMON_NOT_FOUND'],
    }),
    redriveDeadLetters: defineRoute({
      id: `${module}.dead_letter.redrive`,
      method: 'POST',
      path: `${root}/redrive`,
      summary: 'Give open dead letters to their consumer again',
      description:
        'Each goes to the one consumer that gave up on it, with its event id and one attempt more; other consumers do not see it. What fails again is open again.',
      tags,
      policy: write,
      body: DeadLetterRedrive,
      responses: { 200: DeadLetterChange },
      errors: ['PM_COMMON_UNPROCESSABLE'],
    }),
    discardDeadLetters: defineRoute({
      id: `${module}.dead_letter.discard`,
      method: 'POST',
      path: `${root}/discard`,
      summary: 'Give open dead letters up for good',
      description: 'They stay readable for 90 days.',
      tags,
      policy: write,
      body: DeadLetterSelection,
      responses: { 200: DeadLetterChange },
      errors: ['PM_COMMON_UNPROCESSABLE'],
    }),
  } as const;
}
