import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { defineRoute } from '@peermesh/contracts';
import { createApp, mountRoute } from '@peermesh/service-kit';
import { createMetrics } from '@peermesh/telemetry';
import { silentLogger } from '@peermesh/testkit';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';

const Echo = defineRoute({
  id: 'test.echo',
  method: 'POST',
  path: '/api/v1/echo/:name',
  summary: 'Echo',
  tags: ['test'],
  policy: { access: 'public' },
  params: Type.Object({ name: Type.String({ pattern: '^[a-z]+$' }) }),
  query: Type.Object({ limit: Type.Optional(Type.Integer({ maximum: 10 })) }, { additionalProperties: false }),
  body: Type.Unknown(),
  responses: { 200: Type.Object({ got: Type.Unknown() }) },
  errors: [],
});

let app: FastifyInstance;
let port: number;

before(async () => {
  app = await createApp({
    service: 'test',
    version: '0.0.0',
    logger: silentLogger(),
    metrics: createMetrics({ service: 'test' }),
    headersTimeoutMs: 300,
    requestTimeoutMs: 600,
  });
  mountRoute(app, Echo, async ({ body }) => ({ status: 200, body: { got: body } }));
  await app.listen({ host: '127.0.0.1', port: 0 });
  port = (app.server.address() as { port: number }).port;
});
after(() => app.close());

const json = { 'content-type': 'application/json' };
const cases: [string, { url?: string; payload?: string | Buffer; headers?: Record<string, string> }, number, string][] =
  [
    ['invalid UTF-8', { payload: Buffer.from([0x22, 0xc3, 0x28, 0x22]) }, 400, 'PM_COMMON_MALFORMED_BODY'],
    ['a truncated UTF-8 sequence', { payload: Buffer.from([0x22, 0xe2, 0x82, 0x22]) }, 400, 'PM_COMMON_MALFORMED_BODY'],
    ['U+0000 in a string', { payload: '{"a":"x\\u0000y"}' }, 400, 'PM_COMMON_MALFORMED_BODY'],
    ['nesting beyond the limit', { payload: `${'['.repeat(65)}${']'.repeat(65)}` }, 400, 'PM_COMMON_MALFORMED_BODY'],
    ['nesting without end', { payload: '['.repeat(500_000) }, 400, 'PM_COMMON_MALFORMED_BODY'],
    ['an unfinished string', { payload: '{"a":"' }, 400, 'PM_COMMON_MALFORMED_BODY'],
    ['two documents', { payload: '{} {}' }, 400, 'PM_COMMON_MALFORMED_BODY'],
    ['constructor poisoning', { payload: '{"constructor":{"prototype":{}}}' }, 400, 'PM_COMMON_MALFORMED_BODY'],
    ['a NUL in the path', { url: '/api/v1/echo/a%00b', payload: '1' }, 400, 'PM_COMMON_MALFORMED_REQUEST'],
    ['a NUL in the query', { url: '/api/v1/echo/a?limit=%00', payload: '1' }, 400, 'PM_COMMON_MALFORMED_REQUEST'],
    ['a broken percent escape', { url: '/api/v1/echo/%ff', payload: '1' }, 400, 'PM_COMMON_MALFORMED_REQUEST'],
    ['an id of the wrong shape', { url: '/api/v1/echo/A1', payload: '1' }, 400, 'PM_COMMON_VALIDATION_FAILED'],
    [
      'a query number out of range',
      { url: '/api/v1/echo/a?limit=11', payload: '1' },
      400,
      'PM_COMMON_VALIDATION_FAILED',
    ],
    [
      'a query parameter twice',
      { url: '/api/v1/echo/a?limit=1&limit=2', payload: '1' },
      400,
      'PM_COMMON_VALIDATION_FAILED',
    ],
    [
      'an unknown query parameter',
      { url: '/api/v1/echo/a?offset=1', payload: '1' },
      400,
      'PM_COMMON_VALIDATION_FAILED',
    ],
    [
      'a path parameter without end',
      { url: `/api/v1/echo/${'a'.repeat(2000)}`, payload: '1' },
      400,
      'PM_COMMON_MALFORMED_REQUEST',
    ],
  ];
for (const [name, { url = '/api/v1/echo/a', payload = '', headers = json }, status, code] of cases) {
  test(`${name} is refused with ${status} ${code}`, async () => {
    const response = await app.inject({ method: 'POST', url, headers, payload });
    assert.equal(response.statusCode, status, response.body);
    assert.equal(response.json().code, code);
    assert.equal(response.headers['content-type'], 'application/problem+json');
  });
}

test('a query number must be in plain decimal digits', async () => {
  const ask = async (limit: string) =>
    app.inject({ method: 'POST', url: `/api/v1/echo/a?limit=${limit}`, payload: '1', headers: json });
  for (const limit of ['0', '7', '10', '-3']) assert.equal((await ask(limit)).statusCode, 200, limit);
  const others = [
    '0x5',
    '5e0',
    '5.0',
    '0o5',
    '%2B5',
    '%205',
    '5%20',
    '5%0A',
    '005',
    '1_0',
    '-0',
    '%D9%A5',
    'true',
    'NaN',
    '-Infinity',
    '',
  ];
  for (const limit of others) {
    const answer = await ask(limit);
    assert.equal(answer.statusCode, 400, limit);
    const { code, errors } = answer.json();
    assert.equal(code, 'PM_COMMON_VALIDATION_FAILED');
    assert.deepEqual(errors, [
      { pointer: '/querystring/limit', message: 'must be an integer in plain decimal digits' },
    ]);
  }
});

test('an escaped backslash before u0000 is not a NUL', async () => {
  const response = await app.inject({
    method: 'POST',
    url: '/api/v1/echo/a',
    headers: json,
    payload: '{"a":"\\\\u0000"}',
  });
  assert.equal(response.statusCode, 200, response.body);
  assert.deepEqual(response.json(), { got: { a: '\\u0000' } });
});

test('a request id is kept when it is well-formed and made when it is not', async () => {
  const kept = await app.inject({ url: '/health/live', headers: { 'x-request-id': 'client-chosen-1' } });
  assert.equal(kept.headers['x-request-id'], 'client-chosen-1');
  const made = await app.inject({ url: '/health/live', headers: { 'x-request-id': 'bad id\tx' } });
  assert.match(String(made.headers['x-request-id']), /^[0-9a-f-]{36}$/);
});

const raw = (bytes: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let text = '';
    socket.on('data', (chunk) => (text += chunk));
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });

const hostile: [string, string, string][] = [
  ['headers that never end', 'GET /health/live HTTP/1.1\r\nHost: a\r\nX-A: ', '408'],
  ['a connection that stays silent', '', '408'],
  [
    'a body that never ends',
    'POST /api/v1/echo/a HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
    '408',
  ],
  ['headers without limit', `GET / HTTP/1.1\r\nHost: a\r\nX-A: ${'a'.repeat(20_000)}\r\n\r\n`, '431'],
  ['something that is not HTTP', 'hello\r\n\r\n', '400'],
  [
    'both length and chunked',
    'POST /api/v1/echo/a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    '400',
  ],
  ['no Host header', 'GET /health/live HTTP/1.1\r\n\r\n', '400'],
];
for (const [name, bytes, status] of hostile) {
  test(`${name} is answered with ${status} and closed`, async () => {
    const text = await raw(bytes);
    assert.match(text, new RegExp(`^HTTP/1.1 ${status} `), text || '(nothing)');
  });
}

test('a request without Host is told so as a problem', async () => {
  const text = await raw('GET /health/live HTTP/1.1\r\n\r\n');
  assert.match(text, /content-type: application\/problem\+json/i);
  assert.match(text, /PM_COMMON_MALFORMED_REQUEST/);
});
