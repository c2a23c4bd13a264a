import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { type EmbeddingApi, httpEmbedder } from '../../src/adapters/embedder/http-embedder.ts';

interface Seen {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: { input?: string[]; inputs?: string[]; model?: string };
}

/** A server that gives each text the vector of its length, in the shape of an API. */
async function startServer(t: TestContext, api: EmbeddingApi, answer: (count: number) => unknown = () => undefined) {
  const seen: Seen[] = [];
  const server = createServer(async (request, response) => {
    const body = JSON.parse(await textOf(request)) as Seen['body'];
    seen.push({ path: request.url ?? '', authorization: request.headers.authorization, body });
    const texts = body.input ?? body.inputs ?? [];
    const vectors = texts.map((text) => [text.length, 1]);
    const shapes = {
      openai: { data: vectors.map((embedding) => ({ embedding })) },
      tei: vectors,
      ollama: { embeddings: vectors },
    };
    const instead = answer(texts.length);
    if (instead === null) return;
    response.statusCode = instead === 503 ? 503 : 200;
    response.end(JSON.stringify(typeof instead === 'object' ? instead : shapes[api]));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { seen, embedder: httpEmbedder({ api, url, model: 'm', space: 'm@1/2', apiKey: 'test-only' }) };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

test('speaks to each kind of server in its own words and keeps the order over several requests', async (t) => {
  const paths = { openai: '/v1/embeddings', tei: '/embed', ollama: '/api/embed' } as const;
  for (const api of ['openai', 'tei', 'ollama'] as const) {
    const { embedder, seen } = await startServer(t, api);
    const texts = Array.from({ length: 150 }, (_, i) => 'x'.repeat(i + 1));
    const vectors = await embedder.embed(texts, t.signal);
    assert.deepEqual(
      vectors.map((vector) => vector[0]),
      texts.map((text) => text.length),
    );
    assert.equal(seen.length, 3);
    for (const { path, authorization, body } of seen) {
      assert.equal(path, paths[api]);
      assert.equal(authorization, 'Bearer test-only');
      assert.equal(body.model, api === 'tei' ? undefined : 'm');
    }
  }
});

test('refuses an answer of the wrong number, size or shape, and an error', async (t) => {
  const wrong = [
    { data: [] },
    { data: [{ embedding: [1, 2, 3] }] },
    { data: [{ embedding: ['1', '2'] }] },
    { vectors: [[1, 2]] },
    503,
  ];
  for (const answer of wrong) {
    const { embedder } = await startServer(t, 'openai', () => answer);
    await assert.rejects(embedder.embed(['text'], t.signal), JSON.stringify(answer));
  }
});

test('stops waiting for a server that does not answer', async (t) => {
  const { embedder } = await startServer(t, 'openai', () => null);
  await assert.rejects(embedder.embed(['text'], AbortSignal.timeout(50)), { name: 'TimeoutError' });
});
