import { type Static, Type } from 'typebox';
import { defineRoute } from '../../define-route.ts';
import { Timestamp } from '../../timestamps.ts';
import { RouteConfig } from './route-config.ts';

const Digest = Type.String({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256 of the canonical JSON (RFC 8785).' });

/** One activated route table without its content. */
export const RouteSnapshotSummary = Type.Object({
  revision: Type.Integer({ minimum: 0, description: 'Counts activations; 0 is the file that the replica came with.' }),
  digest: Digest,
  source: Type.Union([Type.Literal('file'), Type.Literal('api'), Type.Literal('rollback')]),
  activatedAt: Timestamp,
  activatedBy: Type.Union([Type.String({ maxLength: 128 }), Type.Null()]),
  routeCount: Type.Integer({ minimum: 1 }),
});
/** One activated route table without its content. */
export type RouteSnapshotSummary = Static<typeof RouteSnapshotSummary>;

/** One activated route table. */
export const RouteSnapshot = Type.Object({ ...RouteSnapshotSummary.properties, config: RouteConfig });
/** One activated route table. */
export type RouteSnapshot = Static<typeof RouteSnapshot>;

/** What a new table would change. */
export const RouteDiff = Type.Object({
  added: Type.Array(Type.String()),
  removed: Type.Array(Type.String()),
  changed: Type.Array(Type.Object({ id: Type.String(), fields: Type.Array(Type.String()) })),
});
/** What a new table would change. */
export type RouteDiff = Static<typeof RouteDiff>;

/** The verdict on a table that was not activated. */
export const RouteValidation = Type.Object({
  valid: Type.Boolean(),
  digest: Type.Union([Digest, Type.Null()]),
  errors: Type.Array(Type.Object({ pointer: Type.String(), message: Type.String() })),
  diff: Type.Union([RouteDiff, Type.Null()]),
});
/** The verdict on a table that was not activated. */
export type RouteValidation = Static<typeof RouteValidation>;

const read = {
  access: 'authenticated',
  action: 'gateway_routes.read',
  minRole: 'admin',
  scopes: ['gateway:read'],
  operatorsOnly: true,
} as const;
const write = {
  access: 'authenticated',
  action: 'gateway_routes.write',
  minRole: 'admin',
  scopes: ['gateway:write'],
  operatorsOnly: true,
} as const;

/** Shows the table that this replica routes by. */
export const getRoutes = defineRoute({
  id: 'gateway.routes.get',
  method: 'GET',
  path: '/api/v1/gateway/routes',
  summary: 'Show the active route table',
  description: 'The `ETag` is the digest, for `If-Match` of a replacement.',
  tags: ['gateway'],
  policy: read,
  responses: { 200: RouteSnapshot },
  errors: [],
});

/** Validates and activates a table on every replica. */
export const putRoutes = defineRoute({
  id: 'gateway.routes.put',
  method: 'PUT',
  path: '/api/v1/gateway/routes',
  summary: 'Replace the route table',
  description:
    'The table is compiled and every route is matched against its own example before it takes effect; requests in progress keep the table they started with. `If-Match` must name the active digest.',
  tags: ['gateway'],
  policy: write,
  body: RouteConfig,
  responses: { 200: RouteSnapshot },
  errors: ['PM_GATEWAY_ROUTES_INVALID', 'PM_GATEWAY_ROUTES_STALE', 'PM_GATEWAY_PRECONDITION_REQUIRED'],
  idempotency: 'none',
});

/** Checks a table and shows what it would change, without activating it. */
export const validateRoutes = defineRoute({
  id: 'gateway.routes.validate',
  method: 'POST',
  path: '/api/v1/gateway/routes/validate',
  summary: 'Check a route table without activating it',
  tags: ['gateway'],
  policy: read,
  body: Type.Record(Type.String(), Type.Unknown(), { description: 'A candidate; any flaw is reported, not refused.' }),
  responses: { 200: RouteValidation },
  errors: [],
  idempotency: 'none',
});

/** Lists the last activations, newest first. */
export const listRouteHistory = defineRoute({
  id: 'gateway.routes.history',
  method: 'GET',
  path: '/api/v1/gateway/routes/history',
  summary: 'List the last ten route tables',
  tags: ['gateway'],
  policy: read,
  responses: { 200: Type.Object({ items: Type.Array(RouteSnapshotSummary) }) },
  errors: [],
});

/** Activates an earlier table again. */
export const rollbackRoutes = defineRoute({
  id: 'gateway.routes.rollback',
  method: 'POST',
  path: '/api/v1/gateway/routes/rollback',
  summary: 'Go back to an earlier route table',
  description:
    'To the one before the active one, or to `revision`; 0 is the file that came with the release. It becomes a new revision.',
  tags: ['gateway'],
  policy: write,
  body: Type.Object({ revision: Type.Optional(Type.Integer({ minimum: 0 })) }, { additionalProperties: false }),
  responses: { 200: RouteSnapshot },
  errors: ['PM_GATEWAY_NOTHING_TO_ROLL_BACK', 'PM_COMMON_NOT_FOUND', 'PM_GATEWAY_ROUTES_INVALID'],
  idempotency: 'none',
});

/** State of one instance of an upstream as this replica sees it. */
const UpstreamTarget = Type.Object({
  url: Type.String(),
  state: Type.Union([Type.Literal('up'), Type.Literal('ejected')]),
  inFlight: Type.Integer({ minimum: 0 }),
  latencyMs: Type.Number({ minimum: 0, description: 'Exponentially weighted.' }),
  consecutiveFailures: Type.Integer({ minimum: 0 }),
});

/** Shows the upstreams as this replica sees them. */
export const listUpstreams = defineRoute({
  id: 'gateway.upstreams.list',
  method: 'GET',
  path: '/api/v1/gateway/upstreams',
  summary: 'Show upstreams, their instances and open circuit breakers',
  tags: ['gateway'],
  policy: read,
  responses: {
    200: Type.Object({
      items: Type.Array(Type.Object({ service: Type.String(), targets: Type.Array(UpstreamTarget) })),
      openBreakers: Type.Array(Type.String(), { description: 'Ids of routes whose breaker is not closed.' }),
    }),
  },
  errors: [],
});
