import { defineError } from '../peermesh-error.ts';

/** Errors of the gateway: the edge itself, its upstreams, its route table and its realtime connections. */
export const gatewayErrors = {
  pathInvalid: defineError({
    code: 'PM_GATEWAY_PATH_INVALID',
    status: 400,
    title: 'The request path is not acceptable',
    description:
      'The path holds dot segments, empty segments, backslashes, control characters, encoded slashes or broken percent-encoding, or names another host than the Host header.',
  }),
  overloaded: defineError({
    code: 'PM_GATEWAY_OVERLOADED',
    status: 503,
    title: 'Too many requests are in progress on this route',
    description: 'The concurrency limit of the route is reached. Retry after `Retry-After` seconds.',
  }),
  upstreamUnavailable: defineError({
    code: 'PM_GATEWAY_UPSTREAM_UNAVAILABLE',
    status: 503,
    title: 'The service behind this route cannot be reached',
    description:
      'No instance of the service accepts connections, or its circuit breaker is open after repeated failures. Retry after `Retry-After` seconds.',
  }),
  upstreamInvalid: defineError({
    code: 'PM_GATEWAY_UPSTREAM_INVALID',
    status: 502,
    title: 'The service behind this route gave no valid answer',
    description:
      'The connection broke before the answer, or the answer was not valid HTTP. The request may have had an effect.',
  }),
  upstreamTimeout: defineError({
    code: 'PM_GATEWAY_UPSTREAM_TIMEOUT',
    status: 504,
    title: 'The service behind this route took too long',
    description:
      'No answer came within the time limit of the route. The request may have had an effect; repeat it with the same `Idempotency-Key`.',
  }),
  identityUnavailable: defineError({
    code: 'PM_GATEWAY_IDENTITY_UNAVAILABLE',
    status: 503,
    title: 'Credentials cannot be checked now',
    description:
      'The signing keys, the revocation feed or the API key exchange are away, so the credential can neither be accepted nor refused.',
  }),
  routesInvalid: defineError({
    code: 'PM_GATEWAY_ROUTES_INVALID',
    status: 422,
    title: 'The route table is not valid',
    description:
      'The configuration breaks a rule that its schema cannot express. `errors` names each place. The active table stays.',
  }),
  routesStale: defineError({
    code: 'PM_GATEWAY_ROUTES_STALE',
    status: 412,
    title: 'The route table has changed meanwhile',
    description: '`If-Match` does not name the active digest. Read the active table, apply the change, retry.',
  }),
  preconditionRequired: defineError({
    code: 'PM_GATEWAY_PRECONDITION_REQUIRED',
    status: 428,
    title: 'An If-Match header is required',
    description:
      'A new route table must say which one it replaces: send `If-Match` with the active digest, in double quotes.',
  }),
  nothingToRollBack: defineError({
    code: 'PM_GATEWAY_NOTHING_TO_ROLL_BACK',
    status: 409,
    title: 'There is no earlier route table',
    description: 'The history holds no other snapshot than the active one.',
  }),
  ticketInvalid: defineError({
    code: 'PM_GATEWAY_TICKET_INVALID',
    status: 401,
    title: 'The realtime ticket is not valid',
    description:
      'The ticket is unknown, expired or already used. Ask for a new one with `POST /api/v1/realtime/tickets`.',
  }),
  realtimeLimit: defineError({
    code: 'PM_GATEWAY_REALTIME_LIMIT',
    status: 429,
    title: 'Too many realtime connections',
    description:
      'The limit of connections per user, per address or of this replica is reached. Close one, or retry later.',
  }),
  upgradeRequired: defineError({
    code: 'PM_GATEWAY_UPGRADE_REQUIRED',
    status: 426,
    title: 'This is a realtime endpoint',
    description: 'Connect with a WebSocket, or send `Accept: text/event-stream` for Server-Sent Events.',
  }),
} as const;
