import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createAuthenticator } from '@peermesh/authz';
import { defineRoute } from '@peermesh/contracts';
import { createDatabase, type Database, migrate } from '@peermesh/database';
import { createApp, createIdempotencyStore, mountRoute } from '@peermesh/service-kit';
import { createMetrics } from '@peermesh/telemetry';
import {
  issueTestToken,
  silentLogger,
  startTestPostgres,
  type TestDatabase,
  type TestPostgres,
  testJwks,
} from '@peermesh/testkit';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';

const CreateNote = defineRoute({
  id: 'test.note.create',
  method: 'POST',
  path: '/api/v1/notes/:id',
  summary: 'Create a note',
  tags: ['notes'],
  policy: { access: 'authenticated', action: 'note.create', minRole: 'user', scopes: ['notes:write'] },
  params: Type.Object({ id: Type.String({ pattern: '^n[0-9]+$' }) }),
  body: Type.Object({ body: Type.String({ minLength: 1, maxLength: 100 }) }, { additionalProperties: false }),
  responses: { 201: Type.Object({ id: Type.String(), body: Type.String() }) },
  errors: [],
});

let postgres: TestPostgres;
let target: TestDatabase;
let db: Database<unknown>;
let app: FastifyInstance;
let effects = 0;
let failNext = false;
const logger = silentLogger();

before(async () => {
  postgres = await startTestPostgres();
  target = await postgres.createDatabase({ service: 'search' });
  await migrate({
    url: target.ownerUrl,
    schema: 'search',
    migrationsDir: new URL('../fixtures/migrations/', import.meta.url),
    logger,
  });
  db = createDatabase({ url: target.appUrl, schema: 'search', applicationName: 'test', logger });
  app = await createApp({ service: 'test', version: '0.0.0', logger, metrics: createMetrics({ service: 'test' }) });
  app.authenticator = createAuthenticator({ issuer: 'peermesh-auth', audience: 'peermesh', jwks: testJwks });
  app.idempotency = createIdempotencyStore({ db, module: 'search' });
  mountRoute(app, CreateNote, async ({ params, body, idempotent }) =>
    db.system(async (tx) => {
      await tx.client.query('INSERT INTO search_notes VALUES ($1, $2)', [params.id, body.body]);
      effects += 1;
      if (failNext) {
        failNext = false;
        throw new Error('boom');
      }
      const result = { status: 201, body: { id: params.id, body: body.body } } as const;
      await idempotent(tx, result);
      return result;
    }),
  );
});

after(async () => {
  await app.close();
  await db.close();
  await target.drop();
  await postgres.stop();
});

const sub = 'usr_tester';
const post = async (id: string, payload: unknown, headers: Record<string, string> = {}) =>
  app.inject({
    method: 'POST',
    url: `/api/v1/notes/${id}`,
    headers: {
      authorization: `Bearer ${await issueTestToken({ sub })}`,
      'content-type': 'application/json',
      ...headers,
    },
    payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
  });

test('a valid request is answered by its contract', async () => {
  const response = await post('n1', { body: 'hello' });
  assert.equal(response.statusCode, 201, response.body);
  assert.deepEqual(response.json(), { id: 'n1', body: 'hello' });
  assert.ok(response.headers['x-request-id']);
});

const bad: [string, string, unknown, Record<string, string>, number, string][] = [
  ['malformed JSON', 'n2', '{"body":', {}, 400, 'PM_COMMON_MALFORMED_BODY'],
  ['an empty body', 'n2', '', {}, 400, 'PM_COMMON_MALFORMED_BODY'],
  ['a wrong type, not coerced', 'n2', { body: 5 }, {}, 400, 'PM_COMMON_VALIDATION_FAILED'],
  ['an unknown field, not stripped', 'n2', { body: 'x', extra: 1 }, {}, 400, 'PM_COMMON_VALIDATION_FAILED'],
  ['an id of the wrong shape', 'x2', { body: 'x' }, {}, 400, 'PM_COMMON_VALIDATION_FAILED'],
  ['prototype poisoning', 'n2', '{"__proto__":{"a":1},"body":"x"}', {}, 400, 'PM_COMMON_MALFORMED_BODY'],
  ['another media type', 'n2', 'body=x', { 'content-type': 'text/csv' }, 415, 'PM_COMMON_UNSUPPORTED_MEDIA_TYPE'],
  ['an oversize body', 'n2', { body: 'x'.repeat(1_100_000) }, {}, 413, 'PM_COMMON_PAYLOAD_TOO_LARGE'],
  [
    'a bare idempotency key',
    'n2',
    { body: 'x' },
    { 'idempotency-key': 'abc def' },
    400,
    'PM_COMMON_IDEMPOTENCY_KEY_INVALID',
  ],
  ['no token', 'n2', { body: 'x' }, { authorization: '' }, 401, 'PM_COMMON_UNAUTHENTICATED'],
  ['a token that is none', 'n2', { body: 'x' }, { authorization: 'Bearer a.b.c' }, 401, 'PM_COMMON_UNAUTHENTICATED'],
];
for (const [name, id, payload, headers, status, code] of bad) {
  test(`${name} is refused with ${status}`, async () => {
    const response = await post(id, payload, headers);
    assert.equal(response.statusCode, status, response.body);
    assert.equal(response.json().code, code);
    assert.equal(response.headers['content-type'], 'application/problem+json');
  });
}

test('the same key and body are answered once more without a second effect', async () => {
  const before = effects;
  const headers = { 'idempotency-key': '"k-1"' };
  const first = await post('n10', { body: 'once' }, headers);
  const second = await post('n10', { body: 'once' }, headers);
  assert.equal(first.statusCode, 201);
  assert.equal(second.statusCode, 201);
  assert.equal(second.headers['idempotency-replayed'], 'true');
  assert.deepEqual(second.json(), first.json());
  assert.equal(effects, before + 1);
});

test('the same key with another body is refused with 422', async () => {
  const response = await post('n10', { body: 'other' }, { 'idempotency-key': '"k-1"' });
  assert.equal(response.statusCode, 422);
  assert.equal(response.json().code, 'PM_COMMON_IDEMPOTENCY_KEY_REUSED');
});

test('a failed request frees its key and leaves nothing behind', async () => {
  failNext = true;
  const headers = { 'idempotency-key': '"k-2"' };
  const failed = await post('n11', { body: 'x' }, headers);
  assert.equal(failed.statusCode, 500);
  assert.equal(failed.json().code, 'PM_COMMON_INTERNAL');
  assert.ok(!failed.body.includes('boom'));
  assert.equal((await post('n11', { body: 'x' }, headers)).statusCode, 201);
});

test('of many requests at once with one key exactly one has an effect', async () => {
  const before = effects;
  const headers = { 'idempotency-key': '"k-3"' };
  const answers = await Promise.all(Array.from({ length: 10 }, () => post('n12', { body: 'x' }, headers)));
  assert.ok(answers.every(({ statusCode }) => statusCode === 201 || statusCode === 409));
  assert.equal(effects, before + 1);
});

test('a missing scope is 403, an unknown path 404, another method 405 with Allow', async () => {
  const token = await issueTestToken({ scope: 'other:read' });
  const denied = await post('n2', { body: 'x' }, { authorization: `Bearer ${token}` });
  assert.equal(denied.statusCode, 403);
  assert.equal((await app.inject('/api/v1/nothing')).json().code, 'PM_COMMON_ROUTE_NOT_FOUND');
  const other = await app.inject('/api/v1/notes/n1');
  assert.equal(other.statusCode, 405);
  assert.equal(other.headers['allow'], 'POST');
});
