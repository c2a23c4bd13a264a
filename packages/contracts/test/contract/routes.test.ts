import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findErrorDefinition } from '@peermesh/errors';
import type { TSchema } from 'typebox';
import { routeCatalogue } from '../../src/catalogue.ts';
import type { RouteDefinition } from '../../src/index.ts';
import { samplesOfRoute } from '../../src/samples/index.ts';
import { compileSchema } from '../../src/schema/compile-schema.ts';

const routes = Object.entries(routeCatalogue).flatMap(([service, defined]) =>
  Object.values(defined).map((route): { service: string; route: RouteDefinition } => ({ service, route })),
);

test('no two routes share an id, or a method and path', () => {
  const ids = routes.map(({ route }) => route.id);
  const places = routes.map(({ route }) => `${route.method} ${route.path.replace(/:[A-Za-z]+/g, ':')}`);
  for (const names of [ids, places]) {
    assert.deepEqual(
      names.filter((name, index) => names.indexOf(name) !== index),
      [],
    );
  }
});

for (const { service, route } of routes) {
  test(`${route.id} keeps the rules of contracts`, () => {
    assert.ok(route.id.startsWith(`${service}.`), 'its id begins with the service');
    assert.match(route.id, /^[a-z_]+(\.[a-z_]+){1,2}$/);
    assert.match(route.path, /^\/api\/v1\/[a-z0-9:.][A-Za-z0-9/:._-]*$/);
    assert.match(route.summary, /^[A-Z].*[^.]$/, 'its summary is one line without a full stop');
    const named = [...route.path.matchAll(/:([A-Za-z]+)/g)].map(([, name]) => name ?? '');
    assert.deepEqual(Object.keys(route.params?.properties ?? {}).sort(), named.sort(), 'params are those of the path');
    assert.ok(
      Object.keys(route.responses).some((status) => /^[23]/.test(status)),
      'it can succeed',
    );
    assert.ok(route.method !== 'GET' || route.body === undefined, 'a read has no body');
    if (route.policy.access === 'authenticated') assert.match(route.policy.action, /^[a-z_]+\.[a-z_]+$/);
  });

  test(`${route.id} names errors of the catalogue`, () => {
    for (const code of route.errors) assert.ok(findErrorDefinition(code), `${code} is not in the catalogue`);
  });

  test(`${route.id} refuses unknown fields in its body`, () => {
    for (const schema of objectsOf(route.body)) {
      const isOpen = 'patternProperties' in schema || !('properties' in schema);
      assert.ok(isOpen || schema['additionalProperties'] !== undefined, JSON.stringify(schema).slice(0, 200));
    }
  });

  test(`${route.id}: samples match the schemas`, () => {
    for (const size of ['full', 'minimal'] as const) {
      for (const { name, params, query, body, response } of samplesOfRoute(route, size)) {
        assertMatches(`${name}: params`, route.params, params);
        assertMatches(`${name}: query`, route.query, query);
        assertMatches(`${name}: body`, route.body, body);
        assert.ok(response.status in route.responses, `${name}: ${response.status} is not declared`);
        assertMatches(`${name}: answer`, route.responses[response.status] ?? undefined, response.body);
      }
    }
  });
}

function assertMatches(name: string, schema: TSchema | undefined, value: unknown): void {
  if (schema === undefined) {
    assert.equal(value, undefined, `${name} is not in the contract`);
    return;
  }
  const check = compileSchema(schema);
  assert.ok(check(value), `${name} ${JSON.stringify(check.errors)}\n${JSON.stringify(value)}`);
}

/** The object schema of a body, or those of its alternatives. */
function objectsOf(schema: TSchema | undefined): Record<string, unknown>[] {
  if (schema === undefined) return [];
  const node = schema as { type?: string; anyOf?: TSchema[] };
  if (node.anyOf !== undefined) return node.anyOf.flatMap(objectsOf);
  return node.type === 'object' ? [node as Record<string, unknown>] : [];
}
