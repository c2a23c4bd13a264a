import { PROBLEM_CONTENT_TYPE } from '@peermesh/errors';
import type { RouteDefinition } from '../define-route.ts';

/** The input of a call as it arrives, whatever the route. */
export interface RawInput {
  readonly params?: Readonly<Record<string, unknown>> | undefined;
  readonly query?: Readonly<Record<string, unknown>> | undefined;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly idempotencyKey?: string;
  readonly contentType?: string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

interface Defaults {
  readonly baseUrl: string;
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly token: string | undefined;
}

/** The HTTP request of a call. Throws a TypeError for what no URL or header can carry. */
export function requestOf(
  route: RouteDefinition,
  input: RawInput,
  defaults: Defaults,
): { url: URL; init: RequestInit } {
  const headers = new Headers({ accept: `application/json, ${PROBLEM_CONTENT_TYPE};q=0.9`, ...defaults.headers });
  if (defaults.token !== undefined) headers.set('authorization', `Bearer ${defaults.token}`);
  if (input.idempotencyKey !== undefined) headers.set('idempotency-key', quoted(input.idempotencyKey));
  const body = bodyOf(route, input);
  if (body !== undefined) headers.set('content-type', input.contentType ?? route.consumes?.[0] ?? 'application/json');
  for (const [name, value] of Object.entries(input.headers ?? {})) headers.set(name, value);
  const init = { method: route.method, redirect: 'manual', headers } as const;
  return { url: urlOf(route, input, defaults.baseUrl), init: body === undefined ? init : { ...init, body } };
}

function bodyOf(route: RouteDefinition, input: RawInput): string | Uint8Array<ArrayBuffer> | undefined {
  if (input.body === undefined) return undefined;
  if (route.body === undefined && (typeof input.body === 'string' || input.body instanceof Uint8Array)) {
    return input.body as string | Uint8Array<ArrayBuffer>;
  }
  return JSON.stringify(input.body);
}

function urlOf(route: RouteDefinition, input: RawInput, baseUrl: string): URL {
  const path = route.path.replace(/:([A-Za-z]+)/g, (_match, name: string) =>
    segment(route, name, input.params?.[name]),
  );
  const url = new URL(baseUrl);
  url.pathname = `${url.pathname.replace(/\/$/, '')}${path}`;
  for (const [name, value] of Object.entries(input.query ?? {})) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined) url.searchParams.append(name, String(one));
    }
  }
  return url;
}

/** Dots alone would be taken for a step up the path, an empty value for another route. */
function segment(route: RouteDefinition, name: string, value: unknown): string {
  if (value === undefined) throw new TypeError(`${route.id} needs the parameter ${name}`);
  const text = String(value);
  if (/^\.{0,2}$/.test(text))
    throw new TypeError(`${route.id}: the parameter ${name} must not be ${JSON.stringify(text)}`);
  return encodeURIComponent(text);
}

/** A structured-field string (RFC 8941). */
function quoted(key: string): string {
  if (!/^[\x20-\x7e]{1,255}$/.test(key))
    throw new TypeError('an idempotency key has 1 to 255 printable ASCII characters');
  return `"${key.replace(/["\\]/g, '\\$&')}"`;
}
