import { Type } from 'typebox';
import { defineRoute } from '../../define-route.ts';
import { Timestamp } from '../../timestamps.ts';
import { operateSearch } from './policies.ts';
import { Leg } from './query-schemas.ts';

const Fault = Type.Object(
  {
    mode: Type.Union([Type.Literal('none'), Type.Literal('error'), Type.Literal('hang'), Type.Literal('delay')]),
    delayMs: Type.Optional(Type.Integer({ minimum: 0, maximum: 60_000 })),
  },
  { additionalProperties: false },
);

/** The generations of the four backends and how far each has applied the change log. */
export const listBackends = defineRoute({
  id: 'search.backends.list',
  method: 'GET',
  path: '/api/v1/search/backends',
  summary: 'Backends, generations and lag',
  tags: ['search operations'],
  policy: operateSearch,
  responses: {
    200: Type.Object({
      head: Type.Integer({ minimum: 0, description: 'Last committed change.' }),
      announced: Type.Integer({ minimum: 0, description: 'Last change that was announced as indexed.' }),
      items: Type.Array(
        Type.Object({
          kind: Leg,
          generation: Type.Integer({ minimum: 1 }),
          impl: Type.String(),
          spaceId: Type.Union([Type.String(), Type.Null()]),
          state: Type.String(),
          epoch: Type.Integer({ minimum: 1 }),
          cursor: Type.Integer({ minimum: 0 }),
          lag: Type.Integer({ minimum: 0 }),
          records: Type.Integer({ minimum: 0 }),
          createdAt: Timestamp,
        }),
      ),
    }),
  },
  errors: [],
});

/** Makes a leg fail on purpose; present only where the configuration allows faults. */
export const setFault = defineRoute({
  id: 'search.faults.set',
  method: 'PUT',
  path: '/api/v1/search/faults/:kind',
  summary: 'Make a leg fail, hang or slow down',
  description: 'For drills and tests. Answers 404 unless the service runs with FAULT_INJECTION_ENABLED.',
  tags: ['search operations'],
  policy: operateSearch,
  idempotency: 'none',
  params: Type.Object({ kind: Leg }),
  body: Fault,
  responses: { 200: Fault },
  errors: ['PM_COMMON_NOT_FOUND'],
});
