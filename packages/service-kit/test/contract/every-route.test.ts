import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createAuthenticator } from '@peermesh/authz';
import { createClient, mediaTypeOf, type RouteDefinition } from '@peermesh/contracts';
import { routeCatalogue } from '@peermesh/contracts/catalogue';
import { type RouteSample, samplesOfRoute } from '@peermesh/contracts/samples';
import { hasErrorCode } from '@peermesh/errors';
import { createApp, mountRoute } from '@peermesh/service-kit';
import { createMetrics } from '@peermesh/telemetry';
import { issueTestToken, silentLogger, testJwks } from '@peermesh/testkit';
import type { FastifyInstance } from 'fastify';

/** Calls any route, without the types that only its own definition has. */
type AnyCall = (
  input: Pick<RouteSample, 'params' | 'query' | 'body'>,
) => Promise<{ status: number; body?: unknown; headers: Headers }>;

const routes: readonly RouteDefinition[] = Object.values(routeCatalogue).flatMap((defined): RouteDefinition[] =>
  Object.values(defined),
);
const next = new Map<string, RouteSample>();
let app: FastifyInstance;
let baseUrl: string;
let token: string;

before(async () => {
  const metrics = createMetrics({ service: 'test' });
  app = await createApp({ service: 'test', version: '0.0.0', logger: silentLogger(), metrics });
  app.authenticator = createAuthenticator({ issuer: 'peermesh-auth', audience: 'peermesh', jwks: testJwks });
  for (const route of routes) {
    mountRoute(app, route, async ({ params, query, body }) => {
      const sample = next.get(route.id);
      assert.ok(sample);
      if (route.params !== undefined) assert.deepEqual({ ...(params as object) }, sample.params);
      if (route.query !== undefined) assertHolds(query, sample.query);
      if (route.body !== undefined) assertHolds(body, sample.body);
      const schema = route.responses[sample.response.status] ?? null;
      const headers = schema === null ? {} : { 'content-type': mediaTypeOf(schema) };
      return { ...sample.response, headers } as never;
    });
  }
  baseUrl = await app.listen({ host: '127.0.0.1', port: 0 });
  token = await issueTestToken({ role: 'admin' });
});

after(() => app.close());

for (const route of routes) {
  test(`${route.id} arrives and comes back as its samples say`, async () => {
    const call = createClient({ route }, { baseUrl, token }).route as AnyCall;
    for (const sample of [...samplesOfRoute(route, 'full'), ...samplesOfRoute(route, 'minimal')]) {
      next.set(route.id, sample);
      const { params, query, body, response } = sample;
      const answer = await call({
        ...(params === undefined ? {} : { params }),
        ...(query === undefined ? {} : { query }),
        ...(body === undefined ? {} : { body }),
      });
      assert.equal(answer.status, response.status, sample.name);
      const schema = route.responses[response.status] ?? null;
      const isText = schema === null || /^(text|application\/json)/.test(mediaTypeOf(schema));
      const expected = isText ? response.body : Buffer.from(String(response.body)).toString('base64');
      assert.deepEqual(answer.body, expected, sample.name);
    }
  });

  if (route.policy.access === 'authenticated') {
    test(`${route.id} is closed to strangers`, async () => {
      const call = createClient({ route }, { baseUrl, retries: 0 }).route as AnyCall;
      const [sample] = samplesOfRoute(route);
      await assert.rejects(call(sample?.params === undefined ? {} : { params: sample.params }), (error) =>
        hasErrorCode(error, 'PM_COMMON_UNAUTHENTICATED'),
      );
    });
  }
}

/** What was sent is there; defaults of the schema may have joined it. */
function assertHolds(actual: unknown, expected: unknown): void {
  assert.partialDeepStrictEqual(JSON.parse(JSON.stringify(actual)), expected as object);
}
