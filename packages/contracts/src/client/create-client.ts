import { clientErrors, isPeerMeshError } from '@peermesh/errors';
import type { RouteDefinition, RouteInput, RouteResult } from '../define-route.ts';
import { readAnswer } from './read-answer.ts';
import { type RawInput, requestOf } from './request-of.ts';
import { pause, repeatAfterMs } from './retry.ts';

/** How a client reaches the API. */
export interface ClientOptions {
  /** Scheme and host, and a path when the API is mounted below one. */
  readonly baseUrl: string;
  /** Access token or API key, or a function that gives the current one before every attempt. */
  readonly token?: string | (() => string | Promise<string>);
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Time for one attempt, its body included; 30 s when absent. */
  readonly timeoutMs?: number;
  /**
   * Further attempts when the answer is 429, 502, 503 or 504 or there is none: 2 when absent. Only what is safe to
   * repeat is repeated: reads, and writes with an idempotency key.
   */
  readonly retries?: number;
  /** Replaces the global `fetch`. */
  readonly fetch?: typeof fetch;
}

/** What may be said besides the route's own input. */
export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as `Idempotency-Key`; printable ASCII, at most 255 characters. Makes a write safe to repeat. */
  readonly idempotencyKey?: string;
  /** Media type of a raw body, for routes that take several. */
  readonly contentType?: string;
  /** Replaces `timeoutMs` of the client. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

type PartOf<Name extends 'params' | 'query' | 'body', R extends RouteDefinition> = [
  Exclude<R[Name], undefined>,
] extends [never]
  ? { readonly [K in Name]?: Name extends 'body' ? RawBody<R> : undefined }
  : Record<never, never> extends RouteInput<R>[Name]
    ? { readonly [K in Name]?: RouteInput<R>[Name] }
    : { readonly [K in Name]: RouteInput<R>[Name] };

type RawBody<R extends RouteDefinition> = R extends { readonly consumes: readonly string[] }
  ? string | Uint8Array<ArrayBuffer>
  : string | Uint8Array<ArrayBuffer> | undefined;

/** The input of one call. */
export type CallInput<R extends RouteDefinition> = PartOf<'params', R> &
  PartOf<'query', R> &
  PartOf<'body', R> &
  CallOptions;

type WithHeaders<Answer> = Answer extends unknown ? Omit<Answer, 'headers'> & { readonly headers: Headers } : never;

/** The answer of one call: one of those that the contract declares, discriminated by `status`. */
export type CallResult<R extends RouteDefinition> = WithHeaders<RouteResult<R>>;

type Call<R extends RouteDefinition> =
  Record<never, never> extends CallInput<R>
    ? (input?: CallInput<R>) => Promise<CallResult<R>>
    : (input: CallInput<R>) => Promise<CallResult<R>>;

/** One typed method per route. */
export type Client<Routes extends Readonly<Record<string, RouteDefinition>>> = {
  readonly [Name in keyof Routes]: Call<Routes[Name]>;
};

const TIMEOUT_MS = 30_000;
const RETRIES = 2;

/**
 * Makes a client from routes. A method resolves with an answer of the contract and rejects with the server's own error
 * (match it with `hasErrorCode`), with `PM_CLIENT_UNREACHABLE`, `PM_CLIENT_TIMED_OUT` or `PM_CLIENT_UNEXPECTED_ANSWER`
 * when there is none, with the reason of `signal` when that aborts, and with a TypeError for input that cannot be sent.
 */
export function createClient<const Routes extends Readonly<Record<string, RouteDefinition>>>(
  routes: Routes,
  options: ClientOptions,
): Client<Routes> {
  const methods = Object.entries(routes).map(([name, route]) => [
    name,
    (input: RawInput = {}) => callWithRetries(route, input, options),
  ]);
  return Object.fromEntries(methods) as Client<Routes>;
}

async function callWithRetries(route: RouteDefinition, input: RawInput, options: ClientOptions): Promise<unknown> {
  const isRepeatable = route.method === 'GET' || input.idempotencyKey !== undefined;
  const attemptsMax = 1 + (isRepeatable ? (options.retries ?? RETRIES) : 0);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await callOnce(route, input, options);
    } catch (error) {
      const waitMs = attempt < attemptsMax ? repeatAfterMs(error, attempt) : null;
      if (waitMs === null) throw error;
      await pause(waitMs, input.signal);
    }
  }
}

async function callOnce(route: RouteDefinition, input: RawInput, options: ClientOptions): Promise<unknown> {
  const token = typeof options.token === 'function' ? await options.token() : options.token;
  const timeout = AbortSignal.timeout(input.timeoutMs ?? options.timeoutMs ?? TIMEOUT_MS);
  const { url, init } = requestOf(route, input, { baseUrl: options.baseUrl, headers: options.headers, token });
  const signal = input.signal === undefined ? timeout : AbortSignal.any([timeout, input.signal]);
  try {
    const response = await (options.fetch ?? fetch)(url, { ...init, signal });
    return await readAnswer(route, response);
  } catch (cause) {
    input.signal?.throwIfAborted();
    if (isPeerMeshError(cause)) throw cause;
    if (timeout.aborted) throw clientErrors.timedOut({ detail: `${route.id} got no answer in time.`, cause });
    throw clientErrors.unreachable({ detail: `${route.id} could not be called.`, cause });
  }
}
