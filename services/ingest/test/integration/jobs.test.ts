import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { newId } from '@peermesh/contracts';
import { Extracted, ExtractionFailed, ExtractionRequested } from '@peermesh/contracts/events';
import { type Bus, connectNats, createBus } from '@peermesh/messaging';
import { silentLogger, waitFor } from '@peermesh/testkit';
import { EXTRACTION_WORKERS } from '../../src/consumers/extraction-requested.ts';
import { extract } from '../../src/domain/extraction/extract.ts';
import { type IngestFixture, startIngest } from '../support/start-ingest.ts';

let now = Date.now();
let ingest: IngestFixture;
before(async () => {
  ingest = await startIngest(
    { EXTRACTION_MODE: 'external', EXTRACTION_DEADLINE_MS: '60000', EXTRACTION_ATTEMPTS_MAX: '2' },
    () => new Date(now),
  );
});
after(() => ingest.stop());

const submit = async () =>
  (await ingest.call('POST', '/api/v1/content', { body: { body: `Text ${newId('content')}` } })).body;
const jobOf = async (contentId: string) =>
  (await ingest.call('GET', `/api/v1/extraction-jobs?contentId=${contentId}`)).body.items[0];

test('repeats a job after its deadline, fails it after the last attempt, and lets it be retried', async () => {
  const { contentId } = await submit();
  now += 61_000;
  await waitFor(async () => (await jobOf(contentId)).attempts === 2, { message: 'the job was not repeated' });
  const requests = async () =>
    (await ingest.outbox(ExtractionRequested)).filter(({ document }) => document.contentId === contentId);
  await waitFor(async () => (await requests()).length === 2);
  now += 61_000;
  const failed = await waitFor(
    () => ingest.published(ExtractionFailed).find(({ data }) => data.contentId === contentId),
    { message: 'no failure was published' },
  );
  assert.equal(failed.data.code, 'PM_INGEST_EXTRACTION_EXPIRED');
  const shown = await ingest.call('GET', `/api/v1/content/${contentId}`);
  assert.deepEqual([shown.body.status, shown.body.failure.code], ['failed', 'PM_INGEST_EXTRACTION_EXPIRED']);
  const job = await jobOf(contentId);
  const retried = await ingest.call('POST', `/api/v1/extraction-jobs/${job.id}/retry`);
  assert.deepEqual([retried.status, retried.body.state, retried.body.attempts], [202, 'queued', 3]);
  const again = await ingest.call('POST', `/api/v1/extraction-jobs/${job.id}/retry`);
  assert.equal(again.status, 409);
  await waitFor(async () => (await requests()).length === 3);
});

test('follows an external module that takes the jobs', async () => {
  const logger = silentLogger();
  const nats = await connectNats({ url: ingest.nats.url, name: 'external', logger });
  const module: Bus = createBus({
    module: 'ingest',
    instance: 'external',
    db: ingest.database.db,
    databaseUrl: ingest.database.appUrl,
    nats,
    logger,
  });
  module.consume(ExtractionRequested, { durable: EXTRACTION_WORKERS }, async ({ data, tenantid, id }, tx) => {
    const { jobId, document } = data;
    const extraction = {
      ...extract({ title: document.title, text: document.text, language: 'en' }),
      extractor: { name: 'external', version: '9' },
    };
    await module.publish(
      tx,
      Extracted,
      { jobId, document, extraction },
      { tenantId: tenantid, partitionKey: document.documentId, causationId: id },
    );
  });
  await module.start();
  try {
    const { contentId } = await submit();
    await waitFor(async () => (await ingest.call('GET', `/api/v1/content/${contentId}`)).body.status === 'extracted', {
      message: 'the result was not followed',
    });
    assert.equal((await jobOf(contentId)).state, 'done');
  } finally {
    await module.stop();
    await nats.close();
  }
});
