import { commonErrors, errorCatalogue, PROBLEM_CONTENT_TYPE } from '@peermesh/errors';
import type { RouteDefinition } from '../define-route.ts';
import { mediaTypeOf } from '../schema/media-type.ts';
import { TAG_DESCRIPTIONS } from '../tags.ts';
import { NamedSchemas } from './named-schemas.ts';

/** What {@link openApiDocument} needs. */
export interface OpenApiOptions {
  readonly title: string;
  readonly description: string;
  readonly version: string;
  readonly routes: readonly RouteDefinition[];
  /** Base URL that clients use; `/` when absent. */
  readonly serverUrl?: string;
}

/** Errors that any operation may answer with, whether its definition names them or not. */
const ALWAYS = [
  commonErrors.malformedBody,
  commonErrors.validationFailed,
  commonErrors.tooManyRequests,
  commonErrors.internal,
  commonErrors.unavailable,
].map((error) => error.code as string);
const AUTHENTICATED = [commonErrors.unauthenticated.code as string, commonErrors.forbidden.code as string];

const definitions = new Map(
  Object.values(errorCatalogue)
    .flatMap((area) => Object.values(area))
    .map((error) => [error.code as string, error]),
);

/** An OpenAPI 3.1 document of routes. The result is plain JSON, with paths in the order of the routes. */
export function openApiDocument(options: OpenApiOptions): Record<string, unknown> {
  const named = new NamedSchemas();
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of options.routes) {
    const path = route.path.replace(/:([A-Za-z]+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, named) };
  }
  const tags = [...new Set(options.routes.flatMap((route) => route.tags))].sort();
  return JSON.parse(
    JSON.stringify({
      openapi: '3.1.0',
      info: {
        title: options.title,
        description: options.description,
        version: options.version,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: options.serverUrl ?? '/' }],
      tags: tags.map((name) => ({ name, description: descriptionOfTag(name) })),
      paths,
      components: {
        securitySchemes: {
          bearer: {
            type: 'http',
            scheme: 'bearer',
            bearerFormat: 'JWT',
            description: 'An access token of the auth service, or an API key at the gateway.',
          },
        },
        schemas: { ...named.components, Problem: PROBLEM },
      },
    }),
  ) as Record<string, unknown>;
}

const PROBLEM = {
  type: 'object',
  description: 'RFC 9457 problem details.',
  required: ['type', 'title', 'status', 'code'],
  properties: {
    type: { type: 'string', format: 'uri-reference' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', pattern: '^PM_[A-Z_]+$' },
    detail: { type: 'string' },
    instance: { type: 'string' },
    requestId: { type: 'string' },
    retryAfterSeconds: { type: 'number' },
    errors: {
      type: 'array',
      items: { type: 'object', properties: { pointer: { type: 'string' }, message: { type: 'string' } } },
    },
  },
};

function descriptionOfTag(name: string): string {
  const description = TAG_DESCRIPTIONS[name];
  if (description === undefined) throw new Error(`the tag ${name} is not described in tags.ts`);
  return description;
}

function operation(route: RouteDefinition, named: NamedSchemas): Record<string, unknown> {
  const { policy } = route;
  const idempotency = route.idempotency ?? (route.method === 'GET' ? 'none' : 'optional');
  const example = route.examples?.[0];
  return {
    operationId: route.id,
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    tags: route.tags,
    security: policy.access === 'public' ? [] : [{ bearer: [] }],
    'x-peermesh-policy':
      policy.access === 'public'
        ? { access: 'public' }
        : {
            action: policy.action,
            minRole: policy.minRole,
            scopes: policy.scopes,
            ...(policy.operatorsOnly === true ? { operatorsOnly: true } : {}),
          },
    parameters: [
      ...parameters('path', route.params),
      ...parameters('query', route.query),
      ...(idempotency === 'none' ? [] : [idempotencyParameter(idempotency === 'required')]),
    ],
    ...(route.body === undefined && route.consumes === undefined
      ? {}
      : { requestBody: { required: true, content: requestContent(route, example?.body, named) } }),
    responses: { ...successes(route, named), ...failures(route, idempotency !== 'none') },
  };
}

function requestContent(route: RouteDefinition, example: unknown, named: NamedSchemas): Record<string, unknown> {
  if (route.consumes !== undefined)
    return Object.fromEntries(route.consumes.map((type) => [type, { schema: named.refer(route.body ?? {}) }]));
  return { 'application/json': { schema: named.refer(route.body), ...(example === undefined ? {} : { example }) } };
}

function parameters(where: 'path' | 'query', schema: RouteDefinition['params']): Record<string, unknown>[] {
  if (schema === undefined) return [];
  const required = (schema as { required?: readonly string[] }).required ?? [];
  return Object.entries(schema.properties).map(([name, property]) => {
    const { description, ...rest } = property as { description?: string };
    return {
      name,
      in: where,
      required: where === 'path' || required.includes(name),
      ...(description === undefined ? {} : { description }),
      schema: rest,
    };
  });
}

function idempotencyParameter(required: boolean): Record<string, unknown> {
  return {
    name: 'Idempotency-Key',
    in: 'header',
    required,
    description: 'A quoted string, unique per intent. The first answer is kept for 24 hours and given again.',
    schema: { type: 'string', pattern: '^".{1,255}"$', examples: ['"8e03978e-40d5-43dd-bc93-6894a57f9324"'] },
  };
}

function successes(route: RouteDefinition, named: NamedSchemas): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(route.responses).map(([status, schema]) => {
      const example = route.examples?.find((candidate) => String(candidate.response.status) === status)?.response.body;
      const content =
        schema === null
          ? {}
          : { [mediaTypeOf(schema)]: { schema: named.refer(schema), ...(example === undefined ? {} : { example }) } };
      return [status, { description: route.summary, ...(schema === null ? {} : { content }) }];
    }),
  );
}

function failures(route: RouteDefinition, isWrite: boolean): Record<string, unknown> {
  const codes = new Set([...ALWAYS, ...(route.policy.access === 'public' ? [] : AUTHENTICATED), ...route.errors]);
  if (isWrite) {
    for (const error of [
      commonErrors.idempotencyKeyInvalid,
      commonErrors.idempotencyKeyReused,
      commonErrors.idempotencyInFlight,
    ])
      codes.add(error.code);
  }
  const byStatus = new Map<number, string[]>();
  for (const code of [...codes].sort()) {
    const definition = definitions.get(code);
    if (definition === undefined) throw new Error(`${route.id} names ${code}, which is not in the catalogue`);
    byStatus.set(definition.status, [...(byStatus.get(definition.status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, names]) => [
      String(status),
      {
        description: names.map((name) => `\`${name}\`: ${definitions.get(name)?.title ?? ''}`).join('. '),
        content: { [PROBLEM_CONTENT_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    ]),
  );
}
