import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { commonErrors, hasErrorCode } from '@peermesh/errors';
import { type Client, type ClientOptions, createClient } from '../../src/index.ts';
import { noteRoutes } from '../support/sample-routes.ts';

interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

type Answer = (response: ServerResponse, received: Received, attempt: number) => void;

async function serve(
  t: TestContext,
  answer: Answer,
  options: Partial<ClientOptions> = {},
): Promise<{ client: Client<typeof noteRoutes>; received: Received[]; baseUrl: string }> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    received.push({ method: request.method, url: request.url, headers: request.headers, body });
    answer(response, received.at(-1) as Received, received.length);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { client: createClient(noteRoutes, { baseUrl, ...options }), received, baseUrl };
}

function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(JSON.stringify(body));
}

function problem(response: ServerResponse, error: ReturnType<typeof commonErrors.notFound>): void {
  response.writeHead(error.status, { 'content-type': 'application/problem+json' });
  response.end(JSON.stringify(error.toProblem({ requestId: 'r1' })));
}

const note = { id: 'n1', text: 'hello' };

test('builds the request that the contract describes', async (t) => {
  const { client, received } = await serve(t, (response) => json(response, 201, note, { etag: '"1"' }), {
    token: async () => 'tok',
    headers: { 'x-trace': 'on' },
  });
  const answer = await client.putNote({
    params: { notebookId: 'a/b?c', noteId: 'ä 1' },
    query: { dryRun: true, tag: ['x&y', 'z'] },
    body: { text: 'hello' },
    idempotencyKey: 'say "hi" \\',
    headers: { 'if-match': '"0"' },
  });
  assert.equal(answer.status, 201);
  assert.deepEqual(answer.body, note);
  assert.equal(answer.headers.get('etag'), '"1"');
  const [request] = received;
  assert.equal(request?.method, 'PUT');
  assert.equal(request?.url, '/api/v1/notebooks/a%2Fb%3Fc/notes/%C3%A4%201?dryRun=true&tag=x%26y&tag=z');
  assert.equal(request?.headers.authorization, 'Bearer tok');
  assert.equal(request?.headers['idempotency-key'], '"say \\"hi\\" \\\\"');
  assert.equal(request?.headers['content-type'], 'application/json');
  assert.equal(request?.headers['if-match'], '"0"');
  assert.equal(request?.headers['x-trace'], 'on');
  assert.deepEqual(JSON.parse(request?.body ?? ''), { text: 'hello' });
});

test('keeps the path of the base URL', async (t) => {
  const { received, baseUrl } = await serve(t, (response) => json(response, 200, { items: [] }));
  const client = createClient(noteRoutes, { baseUrl: `${baseUrl}/mesh/` });
  await client.listNotes({ query: { owner: 'me' } });
  assert.equal(received[0]?.url, '/mesh/api/v1/notes?owner=me');
});

test('a parameter cannot lead to another route', async () => {
  const client = createClient(noteRoutes, { baseUrl: 'http://127.0.0.1:9' });
  for (const noteId of ['', '.', '..']) {
    await assert.rejects(client.putNote({ params: { notebookId: 'a', noteId }, body: { text: '' } }), TypeError);
  }
  await assert.rejects(client.deleteNotes({ idempotencyKey: 'line\nbreak' }), TypeError);
});

test('an empty answer has no body', async (t) => {
  const { client } = await serve(t, (response) => response.writeHead(204).end());
  const answer = await client.deleteNotes();
  assert.equal(answer.status, 204);
  assert.equal(answer.body, undefined);
});

test('a raw body goes as it is', async (t) => {
  const { client, received } = await serve(t, (response) => json(response, 202, { accepted: 2 }));
  await client.importNotes({ body: 'a,b\nc,d' });
  await client.importNotes({ body: new TextEncoder().encode('# a'), contentType: 'text/markdown' });
  assert.deepEqual(
    received.map(({ headers, body }) => [headers['content-type'], body]),
    [
      ['text/csv', 'a,b\nc,d'],
      ['text/markdown', '# a'],
    ],
  );
});

test('a problem becomes the same error again', async (t) => {
  const { client } = await serve(t, (response) =>
    problem(response, commonErrors.versionConflict({ detail: 'Version 2 is current.', meta: { currentVersion: 2 } })),
  );
  await assert.rejects(client.putNote({ params: { notebookId: 'a', noteId: 'b' }, body: { text: '' } }), (error) => {
    assert.ok(hasErrorCode(error, 'PM_COMMON_VERSION_CONFLICT'));
    assert.equal(error.status, 409);
    assert.equal(error.message, 'Version 2 is current.');
    assert.equal(error.occurrence.meta?.['currentVersion'], 2);
    assert.equal(error.occurrence.meta?.['requestId'], 'r1');
    return true;
  });
});

const strangers: readonly (readonly [string, Answer])[] = [
  ['an error page of a proxy', (response) => response.writeHead(500, { 'content-type': 'text/html' }).end('<h1>Oops')],
  ['a success that is not declared', (response) => json(response, 206, { items: [] })],
  ['broken JSON', (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"items":')],
  ['a page in place of JSON', (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>login')],
  ['a redirect', (response) => response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end()],
];
for (const [name, answer] of strangers) {
  test(`${name} is an unexpected answer`, async (t) => {
    const { client, received } = await serve(t, answer);
    await assert.rejects(client.listNotes({ query: { owner: 'me' } }), (error) =>
      hasErrorCode(error, 'PM_CLIENT_UNEXPECTED_ANSWER'),
    );
    assert.equal(received.length, 1);
  });
}

test('a read is repeated until it succeeds', async (t) => {
  const { client, received } = await serve(t, (response, _received, attempt) => {
    if (attempt === 1) problem(response, commonErrors.unavailable());
    else if (attempt === 2) response.socket?.destroy();
    else json(response, 200, { items: [note] });
  });
  const answer = await client.listNotes({ query: { owner: 'me' } });
  assert.deepEqual(answer.body.items, [note]);
  assert.equal(received.length, 3);
});

test('a write is repeated only with an idempotency key, and with the same one', async (t) => {
  const { client, received } = await serve(t, (response, _received, attempt) =>
    attempt <= 2 ? problem(response, commonErrors.unavailable()) : response.writeHead(204).end(),
  );
  await assert.rejects(client.deleteNotes(), (error) => hasErrorCode(error, 'PM_COMMON_UNAVAILABLE'));
  assert.equal(received.length, 1);
  await client.deleteNotes({ idempotencyKey: 'k1' });
  assert.deepEqual(
    received.map(({ headers }) => headers['idempotency-key']),
    [undefined, '"k1"', '"k1"'],
  );
});

test('gives up after the last attempt with the last error', async (t) => {
  const { client, received } = await serve(t, (response) => problem(response, commonErrors.unavailable()), {
    retries: 1,
  });
  await assert.rejects(client.listNotes({ query: { owner: 'me' } }), (error) =>
    hasErrorCode(error, 'PM_COMMON_UNAVAILABLE'),
  );
  assert.equal(received.length, 2);
});

test('does not sit out a wait that nobody would want', async (t) => {
  const { client, received } = await serve(t, (response) =>
    problem(response, commonErrors.tooManyRequests({ retryAfterSeconds: 3600 })),
  );
  await assert.rejects(client.listNotes({ query: { owner: 'me' } }), (error) =>
    hasErrorCode(error, 'PM_COMMON_TOO_MANY_REQUESTS'),
  );
  assert.equal(received.length, 1);
});

test('a lasting error is not repeated', async (t) => {
  const { client, received } = await serve(t, (response) => problem(response, commonErrors.notFound()));
  await assert.rejects(client.listNotes({ query: { owner: 'me' } }), (error) =>
    hasErrorCode(error, 'PM_COMMON_NOT_FOUND'),
  );
  assert.equal(received.length, 1);
});

test('a server that accepts and stays silent times out, also in the middle of a body', async (t) => {
  const { client } = await serve(
    t,
    (response, _received, attempt) => {
      if (attempt === 2) response.writeHead(200, { 'content-type': 'application/json' }).write('{"items":');
    },
    { retries: 0, timeoutMs: 100 },
  );
  for (const _attempt of [1, 2]) {
    await assert.rejects(client.listNotes({ query: { owner: 'me' } }), (error) =>
      hasErrorCode(error, 'PM_CLIENT_TIMED_OUT'),
    );
  }
});

test('nobody listening is unreachable, with the cause', async () => {
  const client = createClient(noteRoutes, { baseUrl: 'http://127.0.0.1:9', retries: 0 });
  await assert.rejects(client.listNotes({ query: { owner: 'me' } }), (error) => {
    assert.ok(hasErrorCode(error, 'PM_CLIENT_UNREACHABLE'));
    assert.ok(error.cause instanceof Error);
    return true;
  });
});

test('an abort ends a call with its own reason, while waiting for the server and between attempts', async (t) => {
  const reason = new Error('changed my mind');
  const controller = new AbortController();
  const { client, received } = await serve(t, () => controller.abort(reason));
  await assert.rejects(client.listNotes({ query: { owner: 'me' }, signal: controller.signal }), reason);
  assert.equal(received.length, 1);

  const between = new AbortController();
  const second = await serve(t, (response) => {
    problem(response, commonErrors.unavailable({ retryAfterSeconds: 9 }));
    response.on('close', () => setImmediate(() => between.abort(reason)));
  });
  await assert.rejects(second.client.listNotes({ query: { owner: 'me' }, signal: between.signal }), reason);
  assert.equal(second.received.length, 1);
});
