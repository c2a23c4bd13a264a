import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { newId } from '@peermesh/contracts';
import { ContentSubmitted, SourceStateChanged } from '@peermesh/contracts/events';
import { waitFor } from '@peermesh/testkit';
import { type FeedServer, rssOf, startFeedServer } from '../support/feed-server.ts';
import { type IngestFixture, startIngest } from '../support/start-ingest.ts';

const ETAG = 'W/"v1 \\"quoted\\""';
const MODIFIED = 'Sat, 21 Nov 2026 05:00:00 GMT';
let ingest: IngestFixture;
let server: FeedServer;
before(async () => {
  ingest = await startIngest({ FETCH_TIMEOUT_MS: '3000', HOST_PAUSE_MS: '3600000' });
});
beforeEach(async (context) => {
  server = await startFeedServer();
  (context as unknown as { after(fn: () => Promise<void>): void }).after(() => server.stop());
});
after(() => ingest.stop());

async function add(path: string, more: object = {}): Promise<{ id: string }> {
  const body = {
    name: path,
    kind: 'feed',
    url: `${server.url}${path}`,
    schedule: { type: 'manual' },
    minIntervalSeconds: 0,
    ...more,
  };
  return (await ingest.call('POST', '/api/v1/sources', { body })).body.source;
}
const show = async (id: string) => (await ingest.call('GET', `/api/v1/sources/${id}`)).body;
const log = async (id: string) => (await ingest.call('GET', `/api/v1/sources/${id}/fetches`)).body.items;
async function fetchOnce(id: string): Promise<{
  outcome: string;
  httpStatus: number;
  itemsNew: number;
  itemsChanged: number;
  itemsDuplicate: number;
  code: string;
  rawBody: string;
}> {
  const before = (await log(id)).length;
  assert.equal((await ingest.call('POST', `/api/v1/sources/${id}/fetch`)).status, 202);
  return waitFor(
    async () => {
      const fetches = await log(id);
      return fetches.length > before ? fetches[0] : null;
    },
    { message: 'no fetch was logged' },
  );
}

test('never fetches unconditionally again, and keeps quotes of validators', async () => {
  server.on('/feed', (request, response) => {
    const isFresh = request.headers['if-none-match'] === ETAG && request.headers['if-modified-since'] === MODIFIED;
    if (isFresh) response.writeHead(304).end();
    else response.writeHead(200, { etag: ETAG, 'last-modified': MODIFIED }).end(rssOf([['1', 'One', 'Text']]));
  });
  const { id } = await add('/feed');
  assert.deepEqual(
    [(await fetchOnce(id)).itemsNew, (await fetchOnce(id)).outcome, (await fetchOnce(id)).outcome],
    [1, 'not_modified', 'not_modified'],
  );
  const requests = server.requestsFor('/feed');
  assert.equal(requests.filter(({ headers }) => headers['if-none-match'] === undefined).length, 1);
  assert.match(String(requests[0]?.headers['user-agent']), /^PeerMesh\/\d.* \(\+https:\/\//);
  assert.equal(server.requestsFor('/robots.txt').length, 1);
});

test('brings new and changed items once, whatever the feed repeats', async () => {
  let items: (readonly [string, string, string])[] = [
    ['1', 'One', 'Text'],
    ['2', 'Two', 'Text'],
  ];
  server.on('/feed', (_request, response) => void response.end(rssOf(items)));
  const { id } = await add('/feed');
  await fetchOnce(id);
  items = [
    ['3', 'Three', 'Text'],
    ['2', 'Two', 'Changed'],
    ['1', 'One', 'Text'],
  ];
  const { itemsNew, itemsChanged, itemsDuplicate } = await fetchOnce(id);
  assert.deepEqual([itemsNew, itemsChanged, itemsDuplicate], [1, 1, 1]);
  const submitted = await waitFor(() => {
    const found = ingest.published(ContentSubmitted).filter(({ data }) => data.document.sourceId === id);
    return found.length >= 4 ? found : null;
  });
  assert.deepEqual(submitted.map(({ data }) => `${data.document.itemKey}.${data.document.version}`).sort(), [
    '1.1',
    '2.1',
    '2.2',
    '3.1',
  ]);
});

test('calls a host with one request at a time, however many sources it has', async () => {
  server.on('/robots.txt', (_request, response) => void response.writeHead(404).end());
  const paths = Array.from({ length: 8 }, (_, index) => `/feed-${index}`);
  for (const path of paths) {
    server.on(path, (_request, response) => void setTimeout(() => response.end(rssOf([[path, 'T', 'x']])), 20));
  }
  const sources = await Promise.all(paths.map((path) => add(path)));
  await Promise.all(sources.map(({ id }) => ingest.call('POST', `/api/v1/sources/${id}/fetch`)));
  await waitFor(() => paths.every((path) => server.requestsFor(path).length === 1), {
    timeoutMs: 15_000,
    message: 'not all were fetched',
  });
  assert.equal(Math.max(...server.seen.map(({ concurrent }) => concurrent)), 1);
});

test('does not fetch what robots.txt forbids, and says so', async () => {
  server.on('/robots.txt', (_request, response) => void response.end('User-agent: PeerMesh\nDisallow: /private\n'));
  server.on('/private/feed', (_request, response) => void response.end(rssOf([['1', 'One', 'x']])));
  const { id } = await add('/private/feed');
  await fetchOnce(id);
  const source = await show(id);
  assert.deepEqual([source.state, source.stateReason, source.lastOutcome], ['paused', 'robots', 'robots_denied']);
  assert.equal(server.requestsFor('/private/feed').length, 0);
  await waitFor(() =>
    ingest.published(SourceStateChanged).find(({ data }) => data.sourceId === id && data.reason === 'robots'),
  );
});

test('leaves a host alone while its robots.txt cannot be had', async () => {
  server.on('/robots.txt', (_request, response) => void response.writeHead(503).end());
  server.on('/feed', (_request, response) => void response.end(rssOf([['1', 'One', 'x']])));
  const { id } = await add('/feed');
  await ingest.call('POST', `/api/v1/sources/${id}/fetch`);
  await waitFor(async () => Date.parse((await show(id)).nextFetchAt) > Date.now() + 600_000, {
    message: 'the fetch was not put off',
  });
  const source = await show(id);
  assert.deepEqual([source.state, source.consecutiveFailures, server.requestsFor('/feed').length], ['active', 0, 0]);
});

test('disables a source that is gone and tells why', async () => {
  server.on('/gone', (_request, response) => void response.writeHead(410).end());
  const { id } = await add('/gone');
  assert.equal((await fetchOnce(id)).httpStatus, 410);
  assert.deepEqual([(await show(id)).state, (await show(id)).stateReason], ['disabled', 'gone']);
  const event = await waitFor(() => ingest.published(SourceStateChanged).find(({ data }) => data.sourceId === id));
  assert.deepEqual([event.data.state, event.data.reason], ['disabled', 'gone']);
});

test('pauses the whole host after 429 for as long as it asks', async () => {
  server.on('/limited', (_request, response) => void response.writeHead(429, { 'retry-after': '600' }).end());
  server.on('/other', (_request, response) => void response.end(rssOf([['1', 'One', 'x']])));
  const limited = await add('/limited');
  const other = await add('/other');
  assert.equal((await fetchOnce(limited.id)).outcome, 'refused');
  await ingest.call('POST', `/api/v1/sources/${other.id}/fetch`);
  await waitFor(async () => Date.parse((await show(other.id)).nextFetchAt) > Date.now() + 500_000, {
    message: 'the host was not paused',
  });
  assert.equal(server.requestsFor('/other').length, 0);
});

test('keeps a body that does not parse and backs off', async () => {
  server.on(
    '/broken',
    (_request, response) =>
      void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>maintenance\u0000</html>'),
  );
  const { id } = await add('/broken');
  const fetch = await fetchOnce(id);
  assert.deepEqual(
    [fetch.outcome, fetch.code, fetch.rawBody],
    ['failed', 'PM_INGEST_CONTENT_UNREADABLE', '<html>maintenance</html>'],
  );
  const source = await show(id);
  assert.equal(source.consecutiveFailures, 1);
  assert.ok(Date.parse(source.nextFetchAt) > Date.now() + 50_000);
});

test('takes over a permanent move after three confirmations', async () => {
  server.on('/old', (_request, response) => void response.writeHead(301, { location: '/new' }).end());
  server.on('/new', (_request, response) => void response.end(rssOf([['1', 'One', 'x']])));
  const { id } = await add('/old');
  for (const expected of ['/old', '/old', '/new']) {
    await fetchOnce(id);
    assert.equal((await show(id)).url, `${server.url}${expected}`);
  }
});

test('refuses a redirect into the private network', async () => {
  server.on(
    '/feed',
    (_request, response) =>
      void response.writeHead(302, { location: 'http://[::ffff:169.254.169.254]/latest/meta-data/' }).end(),
  );
  const { id } = await add('/feed', { respectRobots: false });
  const fetch = await fetchOnce(id);
  assert.deepEqual([fetch.outcome, fetch.code], ['failed', 'PM_HTTP_GUARD_ADDRESS_FORBIDDEN']);
});

test('takes the main text of a page as one item over its versions', async () => {
  let word = 'first';
  server.on(
    '/page',
    (_request, response) =>
      void response.end(
        `<html lang="en"><head><title>Page</title></head><body><nav>menu</nav><article><h1>Page</h1>${`<p>The ${word} edition of the report, as the committee published it.</p>`.repeat(10)}</article></body></html>`,
      ),
  );
  const { id } = await add('/page', { kind: 'page' });
  await fetchOnce(id);
  word = 'second';
  assert.equal((await fetchOnce(id)).itemsChanged, 1);
  const events = await waitFor(() => {
    const found = ingest.published(ContentSubmitted).filter(({ data }) => data.document.sourceId === id);
    return found.length === 2 ? found : null;
  });
  assert.equal(new Set(events.map(({ data }) => data.document.documentId)).size, 1);
  assert.ok(!events[1]?.data.document.text.includes('menu'));
});

test('voids the result of a fetch whose lease was lost', async () => {
  let release: () => void = () => undefined;
  server.on('/slow', (_request, response) => {
    release = () => void response.end(rssOf([[newId('content'), 'Late', 'x']]));
  });
  const { id } = await add('/slow', { respectRobots: false });
  await ingest.call('POST', `/api/v1/sources/${id}/fetch`);
  await waitFor(() => server.requestsFor('/slow').length === 1);
  await ingest.database.db.system((tx) =>
    tx.client.query('update ingest_sources set lease_epoch = lease_epoch + 1 where source_id = $1', [id]),
  );
  release();
  const metric = async () => (await ingest.app.inject({ url: '/metrics' })).body;
  await waitFor(async () => /ingest_source_fetches_total\{result="lease_lost".*\} 1/.test(await metric()), {
    message: 'the late result was not voided',
  });
  assert.deepEqual(
    [
      (await log(id)).length,
      ingest.published(ContentSubmitted).filter(({ data }) => data.document.sourceId === id).length,
    ],
    [0, 0],
  );
});
