import { commonErrors, PeerMeshError, PROBLEM_CONTENT_TYPE, type ProblemDetails } from '@peermesh/errors';
import type { RouteDefinition, RouteInput, RouteResult } from './define-route.ts';

/** How a client reaches the API. */
export interface ClientOptions {
  /** `https://host` without a path. */
  readonly baseUrl: string;
  /** Access token or API key, or a function that gives the current one. */
  readonly token?: string | (() => string | Promise<string>);
  /** Time for one attempt; 30 s when absent. */
  readonly timeoutMs?: number;
  /** Further attempts after connection errors and 502, 503, 504; only for reads and requests with an idempotency key; 2 when absent. */
  readonly retries?: number;
  readonly fetch?: typeof fetch;
}

/** What may be said besides the route's own input. */
export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as `Idempotency-Key`; makes a write safe to repeat. */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
}

type PartOf<Name extends 'params' | 'query' | 'body', R extends RouteDefinition> = [
  Exclude<R[Name], undefined>,
] extends [never]
  ? { readonly [K in Name]?: undefined }
  : Record<never, never> extends RouteInput<R>[Name]
    ? { readonly [K in Name]?: RouteInput<R>[Name] }
    : { readonly [K in Name]: RouteInput<R>[Name] };

/** The input of one call. */
export type CallInput<R extends RouteDefinition> = PartOf<'params', R> &
  PartOf<'query', R> &
  PartOf<'body', R> &
  CallOptions;

/** The answer of one call: one of the successes of the contract. */
export type CallResult<R extends RouteDefinition> = Omit<RouteResult<R>, 'headers'> &
  RouteResult<R> & { readonly headers: Headers };

/** One typed method per route. */
export type Client<Routes extends Readonly<Record<string, RouteDefinition>>> = {
  readonly [Name in keyof Routes]: (input: CallInput<Routes[Name]>) => Promise<CallResult<Routes[Name]>>;
};

/**
 * Makes a client from routes. Every method resolves with an answer of the contract and rejects with a
 * {@link PeerMeshError}: the server's own problem, or `PM_COMMON_UNAVAILABLE` when it cannot be reached.
 */
export function createClient<const Routes extends Readonly<Record<string, RouteDefinition>>>(
  routes: Routes,
  options: ClientOptions,
): Client<Routes> {
  const entries = Object.entries(routes).map(([name, route]) => [
    name,
    (input: RawInput = {}) => call(route, input, options),
  ]);
  return Object.fromEntries(entries) as Client<Routes>;
}

interface RawInput extends CallOptions {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

const RETRYABLE = new Set([502, 503, 504]);

async function call(route: RouteDefinition, input: RawInput, options: ClientOptions): Promise<unknown> {
  const mayRepeat = route.method === 'GET' || input.idempotencyKey !== undefined;
  const attempts = 1 + (mayRepeat ? (options.retries ?? 2) : 0);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await once(route, input, options);
    } catch (error) {
      const status = error instanceof PeerMeshError ? error.status : 0;
      if (attempt >= attempts || !RETRYABLE.has(status) || input.signal?.aborted === true) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100 * 2 ** attempt * (0.5 + Math.random() / 2)));
    }
  }
}

async function once(route: RouteDefinition, input: RawInput, options: ClientOptions): Promise<unknown> {
  const token = typeof options.token === 'function' ? await options.token() : options.token;
  const timeout = AbortSignal.timeout(options.timeoutMs ?? 30_000);
  const hasBody = input.body !== undefined;
  const isRaw = route.consumes !== undefined;
  let response: Response;
  try {
    response = await (options.fetch ?? fetch)(urlOf(route, input, options.baseUrl), {
      method: route.method,
      redirect: 'error',
      signal: input.signal === undefined ? timeout : AbortSignal.any([timeout, input.signal]),
      headers: {
        accept: `application/json, ${PROBLEM_CONTENT_TYPE}`,
        ...(hasBody && !isRaw ? { 'content-type': 'application/json' } : {}),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(input.idempotencyKey === undefined ? {} : { 'idempotency-key': `"${input.idempotencyKey}"` }),
        ...input.headers,
      },
      ...(hasBody ? { body: isRaw ? (input.body as string) : JSON.stringify(input.body) } : {}),
    });
  } catch (cause) {
    input.signal?.throwIfAborted();
    throw commonErrors.unavailable({ detail: 'The server cannot be reached.', cause });
  }
  const text = await response.text();
  if (response.ok && response.status in route.responses) {
    return {
      status: response.status,
      headers: response.headers,
      ...(text === '' ? {} : { body: JSON.parse(text) as unknown }),
    };
  }
  throw problemOf(response, text);
}

function urlOf(route: RouteDefinition, input: RawInput, baseUrl: string): URL {
  const path = route.path.replace(/:([A-Za-z]+)/g, (_match, name: string) => {
    const value = input.params?.[name];
    if (value === undefined) throw new TypeError(`${route.id} needs the parameter ${name}`);
    return encodeURIComponent(String(value));
  });
  const url = new URL(path, baseUrl);
  for (const [name, value] of Object.entries(input.query ?? {})) {
    for (const part of Array.isArray(value) ? value : [value])
      if (part !== undefined) url.searchParams.append(name, String(part));
  }
  return url;
}

function problemOf(response: Response, text: string): PeerMeshError {
  let problem: Partial<ProblemDetails> = {};
  try {
    problem = JSON.parse(text) as Partial<ProblemDetails>;
  } catch {
    problem = {};
  }
  const { type: _type, title, status, code, detail, instance: _instance, retryAfterSeconds, errors, ...meta } = problem;
  return new PeerMeshError(
    {
      code: code ?? 'PM_COMMON_UNAVAILABLE',
      status: status ?? response.status,
      title: title ?? `The server answered ${response.status}`,
      description: '',
    },
    {
      ...(detail === undefined ? {} : { detail }),
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
      ...(errors === undefined ? {} : { errors }),
      meta,
    },
  );
}
