import type { RoutePolicy } from '@peermesh/contracts';
import type { GatewayRoute, RateLimit, RouteConfig } from '@peermesh/contracts/gateway';
import { type BreakerPolicy, CircuitBreaker } from './circuit-breaker.ts';
import { RetryBudget } from './retry-budget.ts';
import { durationMs, sizeBytes } from './units.ts';

/** What a route counts while it runs. It outlives a swap of the table when the route's resilience stays the same. */
export interface RouteState {
  readonly fingerprint: string;
  readonly breaker: CircuitBreaker | null;
  readonly retryBudget: RetryBudget;
  inFlight: number;
}

/** A route as the proxy uses it: every default applied, every text parsed. */
export interface CompiledRoute {
  readonly id: string;
  readonly service: string;
  readonly isPublic: boolean;
  readonly acceptsJwt: boolean;
  readonly acceptsApiKey: boolean;
  readonly policy: RoutePolicy;
  readonly addressLimits: readonly RateLimit[];
  readonly subjectLimits: readonly RateLimit[];
  /** `RateLimit-Policy`, or null without limits. */
  readonly rateLimitPolicy: string | null;
  readonly bodyBytesMax: number;
  readonly totalTimeoutMs: number;
  readonly tryTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly concurrencyMax: number;
  readonly retriesMax: number;
  readonly retriesConnect: boolean;
  readonly retries502: boolean;
  readonly retries503: boolean;
  readonly idempotency: 'none' | 'optional' | 'required';
  /** Name, value, name, value. */
  readonly lifecycleHeaders: readonly string[];
  readonly state: RouteState;
}

const DEFAULT_LIMITS = {
  body: '1MiB',
  timeout: { total: '30s', perTry: '15s', idle: '30s' },
  concurrency: 1000,
} as const;

/** Resolves defaults and units of one route. */
export function compileRoute(
  route: GatewayRoute,
  defaults: RouteConfig['defaults'],
  previous: RouteState | undefined,
): CompiledRoute {
  const limits = { ...DEFAULT_LIMITS, ...defaults?.limits, ...route.limits };
  const timeout = { ...DEFAULT_LIMITS.timeout, ...limits.timeout };
  const resilience = { ...defaults?.resilience, ...route.resilience };
  const rate = limits.rate ?? [];
  const { modes, minRole, scopes } = route.auth;
  const isPublic = modes.includes('none');
  const on = resilience.retry?.on ?? [];
  return {
    id: route.id,
    service: route.upstream.service,
    isPublic,
    acceptsJwt: modes.includes('jwt'),
    acceptsApiKey: modes.includes('apikey'),
    policy: isPublic
      ? { access: 'public' }
      : { access: 'authenticated', action: `route.${route.id}`, minRole: minRole ?? 'user', scopes: scopes ?? [] },
    addressLimits: rate.filter((limit) => limit.by === 'ip'),
    subjectLimits: rate.filter((limit) => limit.by === 'subject'),
    rateLimitPolicy: rate.length === 0 ? null : rate.map(({ name, q, w }) => `"${name}";q=${q};w=${w}`).join(', '),
    bodyBytesMax: sizeBytes(limits.body),
    totalTimeoutMs: durationMs(timeout.total),
    tryTimeoutMs: Math.min(durationMs(timeout.perTry), durationMs(timeout.total)),
    idleTimeoutMs: durationMs(timeout.idle),
    concurrencyMax: limits.concurrency,
    retriesMax: resilience.retry?.max ?? 0,
    retriesConnect: on.includes('connect'),
    retries502: on.includes('502'),
    retries503: on.includes('503'),
    idempotency: route.idempotency ?? 'optional',
    lifecycleHeaders: lifecycleHeaders(route.lifecycle),
    state: routeState(resilience, previous),
  };
}

function routeState(resilience: NonNullable<GatewayRoute['resilience']>, previous: RouteState | undefined): RouteState {
  const fingerprint = JSON.stringify(resilience);
  if (previous?.fingerprint === fingerprint) return previous;
  const breaker = resilience.breaker;
  const policy: BreakerPolicy | null =
    breaker === undefined
      ? null
      : {
          windowMs: durationMs(breaker.window),
          minRequests: breaker.minRequests,
          errorRate: breaker.errorRate,
          openForMs: durationMs(breaker.openFor),
          probes: breaker.probes,
        };
  return {
    fingerprint,
    breaker: policy === null ? null : new CircuitBreaker(policy),
    retryBudget: new RetryBudget(resilience.retry?.budget ?? 0),
    inFlight: 0,
  };
}

/** RFC 9745 `Deprecation`, RFC 8594 `Sunset`, and the successor as a link. */
function lifecycleHeaders(lifecycle: GatewayRoute['lifecycle']): string[] {
  const headers: string[] = [];
  if (lifecycle?.deprecatedAt !== undefined) {
    headers.push('deprecation', `@${Math.floor(Date.parse(lifecycle.deprecatedAt) / 1000)}`);
  }
  if (lifecycle?.sunset !== undefined) headers.push('sunset', new Date(lifecycle.sunset).toUTCString());
  if (lifecycle?.successor !== undefined) headers.push('link', `<${lifecycle.successor}>; rel="successor-version"`);
  return headers;
}
