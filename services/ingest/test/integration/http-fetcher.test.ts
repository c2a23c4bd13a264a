import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { isPeerMeshError } from '@peermesh/errors';
import { createGuardedAgent } from '@peermesh/http-guard';
import type { Dispatcher } from 'undici';
import { createHttpFetcher, type FetchRequest, type HttpFetcher } from '../../src/adapters/http/http-fetcher.ts';
import { type FeedServer, startFeedServer } from '../support/feed-server.ts';

let server: FeedServer;
let agent: Dispatcher;
let fetcher: HttpFetcher;

before(async () => {
  server = await startFeedServer();
  agent = createGuardedAgent({ allowHosts: ['127.0.0.1'] });
  fetcher = createHttpFetcher(agent, 'PeerMesh/test (+https://example.org)');
});
after(async () => {
  await agent.destroy();
  await server.stop();
});

const get = (path: string, more: Partial<FetchRequest> = {}) =>
  fetcher.fetch({
    url: `${server.url}${path}`,
    accept: '*/*',
    bytesMax: 100_000,
    signal: AbortSignal.timeout(5_000),
    ...more,
  });
const reasonOf = (error: unknown): unknown =>
  isPeerMeshError(error) ? (error.occurrence.meta?.['reason'] ?? error.code) : error;

test('sends validators exactly as they came, quotes and weakness kept', async () => {
  server.on('/etag', (_request, response) => response.writeHead(304).end());
  const { status, body } = await get('/etag', { etag: 'W/"a b\\"c"', lastModified: 'Sat, 21 Nov 2026 05:00:00 GMT' });
  const [seen] = server.requestsFor('/etag');
  assert.deepEqual([status, body.length], [304, 0]);
  assert.equal(seen?.headers['if-none-match'], 'W/"a b\\"c"');
  assert.equal(seen?.headers['if-modified-since'], 'Sat, 21 Nov 2026 05:00:00 GMT');
  assert.equal(seen?.headers['user-agent'], 'PeerMesh/test (+https://example.org)');
});

test('decompresses gzip, brotli and zstd', async () => {
  for (const [encoding, compress] of [
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
  ] as const) {
    server.on('/z', (_request, response) =>
      response.writeHead(200, { 'content-encoding': encoding }).end(compress('hello')),
    );
    assert.equal((await get('/z')).body.toString(), 'hello', encoding);
  }
});

test('stops at the size limit, also of a decompression bomb and of a body without length', async () => {
  server.on('/bomb', (_request, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(50_000_000))),
  );
  server.on('/long', (_request, response) =>
    response.writeHead(200, { 'content-length': 200_000 }).end(Buffer.alloc(200_000)),
  );
  server.on('/endless', (_request, response) => {
    response.writeHead(200);
    const push = (): void => void (response.writable && response.write(Buffer.alloc(16_384), push));
    push();
  });
  for (const path of ['/bomb', '/long', '/endless']) {
    await assert.rejects(get(path), (error) => reasonOf(error) === 'too_large', path);
  }
});

test('names damage, silence and refusal', async () => {
  server.on('/damaged', (_request, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('x'.repeat(9_000)).subarray(0, 20)),
  );
  server.on('/silent', () => undefined);
  server.on('/reset', (_request, response) => void response.destroy());
  await assert.rejects(get('/damaged'), (error) => reasonOf(error) === 'encoding');
  await assert.rejects(get('/silent', { signal: AbortSignal.timeout(100) }), (error) => reasonOf(error) === 'timeout');
  await assert.rejects(get('/reset'), (error) => reasonOf(error) === 'connection');
});

test('follows redirects and tells where the permanent ones lead', async () => {
  const redirect = (path: string, status: number, location: string): void =>
    server.on(path, (_request, response) => response.writeHead(status, { location }).end());
  redirect('/moved', 301, '/moved-again');
  redirect('/moved-again', 308, '/temporary');
  redirect('/temporary', 302, '/here');
  redirect('/loop', 302, '/loop');
  redirect('/inside', 301, 'http://169.254.169.254/latest/');
  redirect('/file', 301, 'file:///etc/passwd');
  server.on('/here', (_request, response) => void response.end('ok'));
  const answer = await get('/moved');
  assert.deepEqual(
    [answer.body.toString(), answer.url, answer.movedTo],
    ['ok', `${server.url}/here`, `${server.url}/temporary`],
  );
  assert.equal((await get('/temporary')).movedTo, null);
  await assert.rejects(get('/loop'), (error) => reasonOf(error) === 'too_many_redirects');
  await assert.rejects(get('/inside'), (error) => reasonOf(error) === 'PM_HTTP_GUARD_ADDRESS_FORBIDDEN');
  await assert.rejects(get('/file'), (error) => reasonOf(error) === 'redirect_invalid');
});
