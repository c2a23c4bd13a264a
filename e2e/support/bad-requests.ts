import type { RouteDefinition } from '@peermesh/contracts';
import { samplesOfRoute } from '@peermesh/contracts/samples';
import { paramPatterns, pathOf } from './every-route.ts';
import type { PlainRequest } from './plain-http.ts';

/** A request that must be refused, and the statuses that say so rightly. */
export interface BadRequest {
  readonly name: string;
  readonly path: string;
  readonly request: PlainRequest;
  readonly statuses: readonly number[];
}

interface ObjectSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, { readonly type?: string; readonly default?: unknown }>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: unknown;
}

type Sample = ReturnType<typeof samplesOfRoute>[number];

const JSON_HEADERS = { 'content-type': 'application/json' };
const UNFIT = { unfit: { of: 'any scalar' } };

/** Everything that can be wrong with the body of this operation; nothing when it takes no JSON. */
export function badBodies(route: RouteDefinition): BadRequest[] {
  const schema = route.body as ObjectSchema | undefined;
  if (schema === undefined) return [];
  const { path, body } = wellFormed(route);
  const refuse = (name: string, sent: unknown, statuses = [400], headers = JSON_HEADERS): BadRequest => ({
    name,
    path,
    statuses,
    request: { method: route.method, headers, body: sent },
  });
  const cases = [
    refuse('malformed JSON', '{"a": '),
    refuse('an empty body', ''),
    refuse('invalid UTF-8', Buffer.from([0x22, 0xc3, 0x28, 0x22])),
    refuse('U+0000 in a text', '{"a":"x\\u0000y"}'),
    refuse('nesting without end', '['.repeat(100_000), [400, 413]),
    refuse('a prototype', '{"__proto__":{"admin":true}}'),
    refuse('another media type', 'a=b', [415], { 'content-type': 'application/x-www-form-urlencoded' }),
  ];
  if (schema.type !== 'object') return cases;
  cases.push(refuse('a number in place of an object', '42'), refuse('an array in place of an object', '[]'));
  for (const name of schema.required ?? []) {
    const { [name]: _left, ...rest } = body;
    // A required field with a default is filled in.
    if (schema.properties?.[name]?.default === undefined) cases.push(refuse(`without ${name}`, rest));
  }
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (['string', 'integer', 'number', 'boolean', 'array'].includes(property.type ?? ''))
      cases.push(refuse(`an object as ${name}`, { ...body, [name]: UNFIT }));
  }
  if (schema.additionalProperties === false) cases.push(refuse('an unknown field', { ...body, unheard: 'of' }));
  return cases;
}

/** Ids of the wrong shape in every place where the path has one. */
export function badParams(route: RouteDefinition): BadRequest[] {
  const { body, params } = wellFormed(route);
  return Object.entries(paramPatterns(route)).flatMap(([name, pattern]) => {
    const shapes = ['no id', '../../admin', '%00', "' OR 1=1 --", 'x'.repeat(300), '💥'];
    return shapes
      .filter((shape) => pattern === undefined || !new RegExp(pattern, 'u').test(shape))
      .map((shape) => ({
        name: `${JSON.stringify(shape.slice(0, 20))} as ${name}`,
        path: pathOf(route, { ...params, [name]: shape }),
        // A token in a path is a credential: a wrong one is not found.
        statuses: [400, 404, ...(route.policy.access === 'public' ? [401] : [])],
        request: { method: route.method, ...(route.body === undefined ? {} : { body }) },
      }));
  });
}

/** Query parameters of the wrong type, out of range, twice, or unknown. */
export function badQueries(route: RouteDefinition): BadRequest[] {
  const schema = route.query as ObjectSchema | undefined;
  if (schema === undefined || route.method !== 'GET') return [];
  const { path } = wellFormed(route);
  const refuse = (name: string, query: string): BadRequest => ({
    name,
    path: `${path}?${query}`,
    statuses: [400],
    request: { method: route.method },
  });
  const cases: BadRequest[] = [];
  for (const [name, { type }] of Object.entries(schema.properties ?? {})) {
    if (type === 'integer' || type === 'number') {
      for (const value of ['abc', '-1', '1e999', '99999999999999999999999', '', '1.5.1'])
        cases.push(refuse(`${name}=${value}`, `${name}=${encodeURIComponent(value)}`));
      cases.push(refuse(`${name} twice`, `${name}=1&${name}=2`));
    }
    cases.push(refuse(`a NUL in ${name}`, `${name}=%00`));
  }
  if (schema.additionalProperties === false) cases.push(refuse('an unknown parameter', 'unheard=of'));
  return cases;
}

/** The path and the least body that the contract accepts. */
export function wellFormed(route: RouteDefinition): {
  readonly path: string;
  readonly params: Record<string, string>;
  readonly body: Record<string, unknown>;
} {
  const sample = samplesOfRoute(route, 'minimal')[0] as Sample;
  const params = { ...sample.params };
  return { path: pathOf(route, params), params, body: (sample.body ?? {}) as Record<string, unknown> };
}
