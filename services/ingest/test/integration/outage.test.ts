import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { newId } from '@peermesh/contracts';
import { Extracted } from '@peermesh/contracts/events';
import { waitFor } from '@peermesh/testkit';
import { type FeedServer, rssOf, startFeedServer } from '../support/feed-server.ts';
import { type IngestFixture, startIngest } from '../support/start-ingest.ts';

let ingest: IngestFixture;
let server: FeedServer;
before(async () => {
  [ingest, server] = await Promise.all([startIngest({}, undefined, { ownPostgres: true }), startFeedServer()]);
});
after(async () => {
  await Promise.all([ingest.stop(), server.stop()]);
});

const submit = (itemKey: string) =>
  ingest.call('POST', '/api/v1/content', { body: { body: `Text of ${itemKey}`, itemKey } });
const isExtracted = (itemKey: string): boolean =>
  ingest.published(Extracted).some(({ data }) => data.document.itemKey === itemKey);
const readiness = async () => (await ingest.app.inject({ url: '/health/ready' })).json();

test('goes on when NATS is away, and delivers when it is back', async () => {
  const before = newId('content');
  await submit(before);
  await waitFor(() => isExtracted(before));
  await ingest.nats.kill();
  const during = newId('content');
  const answer = await submit(during);
  assert.equal(answer.status, 202);
  await waitFor(async () => (await readiness()).status === 'unready', {
    message: 'the service says it is ready without NATS',
  });
  await ingest.nats.restart();
  await waitFor(() => isExtracted(during), {
    timeoutMs: 60_000,
    message: 'what was accepted meanwhile was not delivered',
  });
  assert.equal(ingest.published(Extracted).filter(({ data }) => data.document.itemKey === during).length, 1);
});

test('answers 503 while PostgreSQL is away and recovers by itself', async () => {
  const statuses = new Set<number>();
  let isRestarting = true;
  const restart = ingest.database.restart().finally(() => (isRestarting = false));
  while (isRestarting) statuses.add((await submit(newId('content'))).status);
  await restart;
  assert.deepEqual(
    [...statuses].filter((status) => status !== 503 && status !== 202),
    [],
  );
  const afterwards = newId('content');
  await waitFor(async () => (await submit(afterwards)).status < 300, { message: 'the service did not recover' });
  await waitFor(() => isExtracted(afterwards), { timeoutMs: 60_000, message: 'events did not flow again' });
});

test('fetches without Redis and says that it is degraded', async () => {
  await ingest.redis.kill();
  server.on('/feed', (_request, response) => void response.end(rssOf([['1', 'One', 'x']])));
  const body = { name: 'Feed', kind: 'feed', url: `${server.url}/feed` };
  const { source } = (await ingest.call('POST', '/api/v1/sources', { body })).body;
  await waitFor(async () => (await ingest.call('GET', `/api/v1/sources/${source.id}`)).body.lastOutcome === 'fetched', {
    message: 'nothing was fetched',
  });
  assert.equal((await readiness()).status, 'degraded');
});
