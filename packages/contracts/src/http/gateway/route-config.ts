import { type Static, Type } from 'typebox';
import { ROLES } from '../../define-route.ts';

const strict = { additionalProperties: false } as const;

const Duration = Type.String({
  pattern: '^[1-9][0-9]{0,8}(ms|s|m)$',
  description: 'A duration with its unit.',
  examples: ['800ms', '2s', '1m'],
});
const ByteSize = Type.String({
  pattern: '^[1-9][0-9]{0,8}(B|KiB|MiB|GiB)$',
  description: 'A size with its unit.',
  examples: ['64KiB', '1MiB'],
});

/** One rate limit. Routes that name the same limit share its budget. */
export const RateLimit = Type.Object(
  {
    name: Type.String({ pattern: '^[a-z][a-z0-9-]{0,31}$' }),
    q: Type.Integer({ minimum: 1, maximum: 1_000_000_000, description: 'Requests per window.' }),
    w: Type.Integer({ minimum: 1, maximum: 86_400, description: 'Window in seconds.' }),
    by: Type.Union([Type.Literal('subject'), Type.Literal('ip')], {
      description:
        '`subject` is the user, key or service of the credential; an anonymous request counts by its address.',
    }),
  },
  strict,
);
/** One rate limit. */
export type RateLimit = Static<typeof RateLimit>;

/** What protects a route and its upstream from load. */
export const RouteLimits = Type.Object(
  {
    rate: Type.Optional(Type.Array(RateLimit, { maxItems: 4 })),
    body: Type.Optional(ByteSize),
    timeout: Type.Optional(
      Type.Object(
        {
          total: Type.Optional(Duration),
          perTry: Type.Optional(Duration),
          idle: Type.Optional(Duration),
        },
        {
          ...strict,
          description:
            '`perTry`: until the headers of one attempt; `total`: until the headers of the last attempt; `idle`: longest silence inside a body.',
        },
      ),
    ),
    concurrency: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000, description: 'Per replica.' })),
  },
  strict,
);

/** How a route meets failures of its upstream. */
export const RouteResilience = Type.Object(
  {
    retry: Type.Optional(
      Type.Object(
        {
          max: Type.Integer({ minimum: 0, maximum: 5 }),
          on: Type.Array(Type.Union([Type.Literal('connect'), Type.Literal('502'), Type.Literal('503')]), {
            maxItems: 3,
            uniqueItems: true,
          }),
          budget: Type.Number({ minimum: 0, maximum: 1, description: 'Retries per request, on average.' }),
        },
        strict,
      ),
    ),
    breaker: Type.Optional(
      Type.Object(
        {
          window: Duration,
          minRequests: Type.Integer({ minimum: 1, maximum: 100_000 }),
          errorRate: Type.Number({ exclusiveMinimum: 0, maximum: 1 }),
          openFor: Duration,
          probes: Type.Integer({ minimum: 1, maximum: 100 }),
        },
        strict,
      ),
    ),
  },
  strict,
);

const HttpMethods = Type.Enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** One route of the gateway. */
export const GatewayRoute = Type.Object(
  {
    id: Type.String({ pattern: '^[a-z][a-z0-9-]{0,63}$', description: 'Stable: metrics and audit use it.' }),
    match: Type.Object(
      {
        path: Type.String({
          pattern: '^/[A-Za-z0-9._~:/-]*(/\\*)?$',
          maxLength: 512,
          description: 'With `:name` parameters; a final `/*` matches the path itself and everything below it.',
        }),
        methods: Type.Optional(Type.Array(HttpMethods, { minItems: 1, uniqueItems: true })),
        hosts: Type.Optional(
          Type.Array(Type.String({ pattern: '^[a-z0-9.-]{1,253}(:[0-9]{1,5})?$' }), { minItems: 1, maxItems: 20 }),
        ),
      },
      strict,
    ),
    upstream: Type.Object({ service: Type.String({ pattern: '^[a-z][a-z0-9-]{0,31}$' }) }, strict),
    auth: Type.Object(
      {
        modes: Type.Array(Type.Union([Type.Literal('none'), Type.Literal('jwt'), Type.Literal('apikey')]), {
          minItems: 1,
          uniqueItems: true,
          description: '`none` leaves credentials to the service; it excludes the others.',
        }),
        minRole: Type.Optional(Type.Enum([...ROLES])),
        scopes: Type.Optional(Type.Array(Type.String({ pattern: '^[a-z0-9_:.-]{1,64}$' }), { maxItems: 20 })),
      },
      strict,
    ),
    limits: Type.Optional(RouteLimits),
    resilience: Type.Optional(RouteResilience),
    idempotency: Type.Optional(
      Type.Union([Type.Literal('none'), Type.Literal('optional'), Type.Literal('required')], {
        description: 'Whether writes may or must carry an Idempotency-Key; its syntax is checked at the edge.',
      }),
    ),
    lifecycle: Type.Optional(
      Type.Object(
        {
          deprecatedAt: Type.Optional(Type.String({ format: 'date' })),
          sunset: Type.Optional(Type.String({ format: 'date' })),
          successor: Type.Optional(Type.String({ pattern: '^/', maxLength: 512 })),
        },
        strict,
      ),
    ),
    example: Type.Optional(
      Type.Object({ method: HttpMethods, path: Type.String({ pattern: '^/', maxLength: 512 }) }, strict),
    ),
  },
  strict,
);
/** One route of the gateway. */
export type GatewayRoute = Static<typeof GatewayRoute>;

/** The whole route table of the gateway. */
export const RouteConfig = Type.Object(
  {
    apiVersion: Type.Literal('peermesh/v1'),
    defaults: Type.Optional(
      Type.Object(
        { limits: Type.Optional(RouteLimits), resilience: Type.Optional(RouteResilience) },
        { ...strict, description: 'What a route does not say itself; each member is replaced as a whole.' },
      ),
    ),
    routes: Type.Array(GatewayRoute, { minItems: 1, maxItems: 2000 }),
  },
  strict,
);
/** The whole route table of the gateway. */
export type RouteConfig = Static<typeof RouteConfig>;
