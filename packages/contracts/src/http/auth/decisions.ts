import { Type } from 'typebox';
import { defineRoute } from '../../define-route.ts';
import { IdSchema } from '../../ids.ts';
import { Page, PageQuery } from '../../pagination.ts';
import { StatedTimestamp } from '../../timestamps.ts';
import { DecisionRecord } from './schemas.ts';

const tags = ['decisions'];
const read = {
  access: 'authenticated',
  action: 'decision.read',
  minRole: 'admin',
  scopes: ['decisions:read'],
} as const;

/** Lists the log of authentication and authorization decisions, newest first. */
export const listDecisions = defineRoute({
  id: 'auth.decision.list',
  method: 'GET',
  path: '/api/v1/decisions',
  summary: 'List decisions',
  tags,
  policy: read,
  query: Type.Object(
    {
      ...PageQuery.properties,
      kind: Type.Optional(DecisionRecord.properties.kind),
      actor: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
      action: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
      service: Type.Optional(Type.String({ minLength: 1, maxLength: 40 })),
      allowed: Type.Optional(Type.Boolean()),
      requestId: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
      from: Type.Optional(StatedTimestamp),
      to: Type.Optional(StatedTimestamp),
    },
    { additionalProperties: false },
  ),
  responses: { 200: Page(DecisionRecord) },
  errors: [],
});

/** Shows one decision. */
export const getDecision = defineRoute({
  id: 'auth.decision.get',
  method: 'GET',
  path: '/api/v1/decisions/:decisionId',
  summary: 'Show a decision',
  tags,
  policy: read,
  params: Type.Object({ decisionId: IdSchema('decision') }),
  responses: { 200: DecisionRecord },
  errors: ['PM_COMMON_NOT_FOUND'],
});
