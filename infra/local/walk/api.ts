import type { RouteDefinition, RouteInput, RouteResult } from '@peermesh/contracts';
import { LauncherError } from '../launcher-error.ts';

const TIMEOUT_MS = 30_000;

/** Calls operations of the fleet through its gateway. */
export interface Api {
  readonly baseUrl: string;
  /** The access token that calls are made with. */
  token(): Promise<string>;
  call<R extends RouteDefinition>(route: R, input?: Partial<RouteInput<R>>): Promise<RouteResult<R>>;
}

/** @param token gives the access token for the next call; null calls without one */
export function createApi(baseUrl: string, token: (() => Promise<string>) | null): Api {
  return {
    baseUrl,
    token: token ?? (() => Promise.reject(new Error('no token'))),
    call: async (route, input = {}) => {
      const { params, query, body } = input as Input;
      const url = requestUrl(baseUrl, route, params, query);
      const response = await fetch(url, {
        method: route.method,
        signal: AbortSignal.timeout(TIMEOUT_MS),
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${await token()}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!(response.status in route.responses)) {
        throw new LauncherError(`${route.method} ${url.pathname} answered ${response.status}`, text.slice(0, 500));
      }
      return { status: response.status, body: text === '' ? undefined : JSON.parse(text) } as never;
    },
  };
}

interface Input {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
}

function requestUrl(
  baseUrl: string,
  route: RouteDefinition,
  params: Input['params'] = {},
  query: Input['query'] = {},
): URL {
  const path = route.path.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
  const url = new URL(path, baseUrl);
  for (const [key, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(key, String(value));
  return url;
}
