import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { newId } from '@peermesh/contracts';
import {
  ContentDeleted,
  ContentRejected,
  ContentSubmitted,
  Extracted,
  ExtractionRequested,
} from '@peermesh/contracts/events';
import { waitFor } from '@peermesh/testkit';
import { type IngestFixture, startIngest } from '../support/start-ingest.ts';

let ingest: IngestFixture;
before(async () => {
  ingest = await startIngest();
});
after(() => ingest.stop());

const submit = (body: object, options = {}) => ingest.call('POST', '/api/v1/content', { body, ...options });
const extraction = {
  extractor: { name: 'mine', version: '2' },
  language: 'en',
  title: 'Given',
  entities: [{ name: 'Ada', type: 'person', confidence: 0.9, mentions: [{ start: 0, end: 3 }] }],
  relationships: [],
  keyphrases: [{ text: 'engine', score: 1 }],
  dates: [],
  embedding: null,
};

test('takes in a document, extracts it, and shows where it stands', async () => {
  const { status, body } = await submit({
    format: 'markdown',
    body: '# Mesh\n\nMarie Curie was born in Warsaw.',
    topics: ['science'],
  });
  assert.deepEqual([status, body.status, body.version], [202, 'extraction_requested', 1]);
  const extracted = await waitFor(
    () => ingest.published(Extracted).find(({ data }) => data.document.contentId === body.contentId),
    { message: 'nothing was extracted' },
  );
  const submitted = await waitFor(() =>
    ingest.published(ContentSubmitted).find(({ data }) => data.document.contentId === body.contentId),
  );
  assert.equal(extracted.correlationid, submitted.correlationid);
  assert.equal(extracted.data.extraction.title, 'Mesh');
  assert.deepEqual(extracted.data.extraction.entities.map(({ name }) => name).sort(), ['Marie Curie', 'Warsaw']);
  assert.equal(extracted.data.extraction.embedding?.space, 'hashing@1/256');
  const shown = await ingest.call('GET', `/api/v1/content/${body.contentId}?include=text`);
  assert.deepEqual(
    [shown.status, shown.body.status, shown.body.title, shown.body.text],
    [200, 'extracted', 'Mesh', 'Mesh\n\nMarie Curie was born in Warsaw.'],
  );
  const job = await ingest.call('GET', `/api/v1/extraction-jobs/${shown.body.jobId}`);
  assert.deepEqual([job.body.state, job.body.attempts, job.body.contentId], ['done', 1, body.contentId]);
});

test('answers the same content as duplicate without an event, changed content as next version', async () => {
  const itemKey = newId('content');
  const first = await submit({ body: 'one', itemKey });
  const again = await submit({ body: 'one\r\n', itemKey });
  const changed = await submit({ body: 'two', itemKey });
  assert.deepEqual([again.status, again.body.status, again.body.contentId], [200, 'duplicate', first.body.contentId]);
  assert.deepEqual([changed.status, changed.body.version, changed.body.documentId], [202, 2, first.body.documentId]);
  const ofItem = () => ingest.published(Extracted).filter(({ data }) => data.document.itemKey === itemKey);
  await waitFor(() => ofItem().length >= 2);
  assert.deepEqual(
    ofItem()
      .map(({ data }) => data.document.version)
      .sort(),
    [1, 2],
  );
});

test('publishes a handed-in extraction at once and makes no job', async () => {
  const { status, body } = await submit({ body: 'Ada designed an engine.', extraction });
  assert.deepEqual([status, body.status], [202, 'extracted']);
  const event = await waitFor(() =>
    ingest.published(Extracted).find(({ data }) => data.document.contentId === body.contentId),
  );
  assert.deepEqual(event.data.extraction, extraction);
  assert.equal(event.data.jobId, null);
  assert.ok(!(await ingest.outbox(ExtractionRequested)).some(({ document }) => document.contentId === body.contentId));
});

test('answers a batch item by item and rejects only what is wrong', async () => {
  const prefix = newId('content');
  const items = [
    { body: 'good', itemKey: `${prefix}/1` },
    { body: ' \u0007 ', itemKey: `${prefix}/2` },
    { body: 'good', itemKey: `${prefix}/1` },
    { format: 'json', body: '{broken', itemKey: `${prefix}/3` },
    { body: 'x', sourceId: newId('source'), itemKey: `${prefix}/4` },
    { body: 'Ada', extraction, itemKey: `${prefix}/5` },
  ];
  const { status, body } = await ingest.call('POST', '/api/v1/content/batch', { body: { items } });
  assert.equal(status, 202);
  assert.deepEqual(
    body.items.map(({ status: each }: { status: string }) => each),
    ['extraction_requested', 'rejected', 'duplicate', 'rejected', 'rejected', 'extracted'],
  );
  assert.deepEqual([body.accepted, body.duplicates, body.rejected], [2, 1, 3]);
  assert.deepEqual(
    [body.items[1].code, body.items[3].code, body.items[4].code],
    ['PM_INGEST_CONTENT_EMPTY', 'PM_INGEST_CONTENT_UNREADABLE', 'PM_INGEST_SOURCE_UNAVAILABLE'],
  );
  const rejected = await waitFor(() => {
    const found = ingest.published(ContentRejected).filter(({ data }) => data.itemKey?.startsWith(prefix));
    return found.length === 3 ? found : null;
  });
  assert.deepEqual(
    rejected.map(({ data }) => data.code),
    [body.items[1].code, body.items[3].code, body.items[4].code],
  );
});

test('takes in 500 items at once and refuses 501', async () => {
  const items = Array.from({ length: 501 }, (_, index) => ({
    body: `Document number ${index}`,
    extraction: { ...extraction, entities: [] },
  }));
  const good = await ingest.call('POST', '/api/v1/content/batch', { body: { items: items.slice(1) } });
  assert.deepEqual([good.status, good.body.accepted], [202, 500]);
  const tooMany = await ingest.call('POST', '/api/v1/content/batch', { body: { items } });
  assert.deepEqual([tooMany.status, tooMany.body.code], [400, 'PM_COMMON_VALIDATION_FAILED']);
});

test('replays the answer of an idempotency key and refuses another body', async () => {
  const options = { headers: { 'idempotency-key': `"${newId('content')}"` }, token: await ingest.token() };
  const body = { body: 'idempotent', itemKey: newId('content') };
  const first = await submit(body, options);
  const replay = await submit(body, options);
  assert.deepEqual(replay.body, first.body);
  assert.deepEqual([replay.status, replay.headers['idempotency-replayed']], [202, 'true']);
  const other = await submit({ ...body, body: 'other' }, options);
  assert.deepEqual([other.status, other.body.code], [422, 'PM_COMMON_IDEMPOTENCY_KEY_REUSED']);
});

test('shows content only to whom its access list names, byte for byte like nothing', async () => {
  const [owner, reader] = [newId('user'), newId('user')];
  const { body } = await submit(
    { body: 'secret', acl: [`user:${owner}`], itemKey: newId('content') },
    { claims: { sub: owner, role: 'user' } },
  );
  const path = `/api/v1/content/${body.contentId}`;
  assert.equal((await ingest.call('GET', path, { claims: { sub: owner, role: 'user' } })).status, 200);
  const hidden = await ingest.call('GET', path, { claims: { sub: reader, role: 'user' } });
  const absent = await ingest.call('GET', `/api/v1/content/${newId('content')}`, {
    claims: { sub: reader, role: 'user' },
  });
  const other = await ingest.call('GET', path, { claims: { sub: owner, tenant: 'elsewhere', role: 'admin' } });
  const neutral = ({ body: problem, status }: typeof hidden) => ({ status, ...problem, requestId: '', instance: '' });
  assert.deepEqual(neutral(hidden), neutral(absent));
  assert.deepEqual(neutral(other), neutral(absent));
  const list = await ingest.call('GET', '/api/v1/content?limit=200', { claims: { sub: reader, role: 'user' } });
  assert.ok(!list.body.items.some(({ contentId }: { contentId: string }) => contentId === body.contentId));
});

test('lists newest first with filters, and an empty page beyond the end', async () => {
  const topic = newId('content');
  for (const text of ['a', 'b', 'c']) await submit({ body: `${topic} ${text}`, topics: [topic] });
  const page = await ingest.call('GET', `/api/v1/content?topic=${topic}&limit=2`);
  assert.deepEqual([page.body.total, page.body.items.length, page.body.page], [3, 2, 1]);
  const ids = page.body.items.map(({ contentId }: { contentId: string }) => contentId);
  assert.deepEqual(ids, [...ids].sort().reverse());
  const beyond = await ingest.call('GET', `/api/v1/content?topic=${topic}&page=99&limit=2`);
  assert.deepEqual([beyond.status, beyond.body.items, beyond.body.total], [200, [], 3]);
});

test('withdraws an item for good, and only by whom it may', async () => {
  const owner = newId('user');
  const itemKey = newId('content');
  const asOwner = { claims: { sub: owner, role: 'user' } };
  const { body } = await submit({ body: 'temporary', itemKey }, asOwner);
  const path = `/api/v1/content/${body.contentId}`;
  assert.equal((await ingest.call('DELETE', path, { claims: { role: 'user' } })).status, 403);
  const conflict = await ingest.call('DELETE', `${path}?version=7`, asOwner);
  assert.deepEqual([conflict.status, conflict.body.currentVersion], [409, 1]);
  assert.equal((await ingest.call('DELETE', `${path}?version=1`, asOwner)).status, 204);
  assert.equal((await ingest.call('DELETE', path, asOwner)).status, 404);
  assert.equal((await ingest.call('GET', path, asOwner)).body.status, 'deleted');
  const event = await waitFor(() =>
    ingest.published(ContentDeleted).find(({ data }) => data.documentId === body.documentId),
  );
  assert.equal(event.data.version, 1);
  const again = await submit({ body: 'temporary', itemKey }, asOwner);
  assert.deepEqual([again.status, again.body.version, again.body.documentId], [202, 2, body.documentId]);
});

test('applies the defaults of a push source and respects its state', async () => {
  const source = (
    await ingest.call('POST', '/api/v1/sources', {
      body: { name: 'Push', kind: 'push', topics: ['pushed'], acl: ['role:moderator'] },
    })
  ).body.source;
  const { body } = await submit({ body: newId('content'), sourceId: source.id, topics: ['own'] });
  const shown = await ingest.call('GET', `/api/v1/content/${body.contentId}`);
  assert.deepEqual(
    [shown.body.topics, shown.body.acl, shown.body.sourceId],
    [['own', 'pushed'], ['role:moderator'], source.id],
  );
  await ingest.call('PATCH', `/api/v1/sources/${source.id}`, { body: { version: 1, state: 'paused' } });
  const refused = await submit({ body: 'x', sourceId: source.id });
  assert.deepEqual([refused.status, refused.body.code], [409, 'PM_INGEST_SOURCE_UNAVAILABLE']);
});

test('enforces the quota that an operator set for the tenant', async () => {
  const claims = { tenant: 'small', role: 'admin' };
  const quota = { itemsPerDay: 2, bytesPerDay: 1000, sourcesMax: 0 };
  const path = '/api/v1/ingest/quotas/small';
  const own = await ingest.call('PUT', path, { body: quota, claims });
  assert.deepEqual([own.status, own.body.code], [403, 'PM_COMMON_FORBIDDEN'], 'a tenant does not raise its own quota');
  const operator = { tenant: 'default', role: 'admin' };
  const beyond = { ...quota, itemsPerDay: 1e300 };
  assert.equal((await ingest.call('PUT', path, { body: beyond, claims: operator })).status, 400);
  assert.equal((await ingest.call('PUT', path, { body: quota, claims: operator })).status, 200);
  assert.equal((await submit({ body: 'one' }, { claims })).status, 202);
  assert.equal((await submit({ body: 'two' }, { claims })).status, 202);
  const over = await submit({ body: 'three' }, { claims });
  assert.deepEqual([over.status, over.body.code], [429, 'PM_INGEST_QUOTA_EXCEEDED']);
  assert.ok(over.body.retryAfterSeconds > 0);
  const shown = await ingest.call('GET', '/api/v1/ingest/quota', { claims });
  assert.deepEqual([shown.body.itemsToday, shown.body.itemsPerDay], [2, 2]);
  const noSource = await ingest.call('POST', '/api/v1/sources', { body: { name: 'x', kind: 'push' }, claims });
  assert.equal(noSource.body.code, 'PM_INGEST_QUOTA_EXCEEDED');
});

const BAD: readonly (readonly [string, string, string, unknown, number])[] = [
  ['malformed JSON', 'POST', '/api/v1/content', '{"body":', 400],
  ['a body of the wrong type', 'POST', '/api/v1/content', { body: 5 }, 400],
  ['an empty body', 'POST', '/api/v1/content', { body: '' }, 400],
  ['an unknown field', 'POST', '/api/v1/content', { body: 'x', colour: 'red' }, 400],
  ['an unknown format', 'POST', '/api/v1/content', { body: 'x', format: 'pdf' }, 400],
  ['a URL that is none', 'POST', '/api/v1/content', { body: 'x', url: 'javascript:alert(1)' }, 400],
  ['an access list with nonsense', 'POST', '/api/v1/content', { body: 'x', acl: ['everyone'] }, 400],
  ['an empty access list', 'POST', '/api/v1/content', { body: 'x', acl: [] }, 400],
  ['a date that is none', 'POST', '/api/v1/content', { body: 'x', publishedAt: 'yesterday' }, 400],
  ['an extraction without its parts', 'POST', '/api/v1/content', { body: 'x', extraction: {} }, 400],
  ['an empty batch', 'POST', '/api/v1/content/batch', { items: [] }, 400],
  ['an id of the wrong shape', 'GET', '/api/v1/content/42', undefined, 400],
  ['an id with a path inside', 'GET', '/api/v1/content/cnt_..%2F..%2Fetc', undefined, 400],
  ['page zero', 'GET', '/api/v1/content?page=0', undefined, 400],
  ['a limit that is no number', 'GET', '/api/v1/content?limit=many', undefined, 400],
  ['a method that is not there', 'PUT', '/api/v1/content', {}, 405],
  ['nothing readable', 'POST', '/api/v1/content', { format: 'html', body: '<script>x</script>' }, 422],
  ['text that is too long', 'POST', '/api/v1/content', { body: 'x'.repeat(1_000_001) }, 413],
];

for (const [name, method, path, body, status] of BAD) {
  test(`answers ${name} with ${status}`, async () => {
    const answer = await ingest.call(method, path, {
      body,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
    });
    assert.equal(answer.status, status, JSON.stringify(answer.body));
    assert.equal(
      answer.headers['content-type'],
      'application/problem+json; charset=utf-8'.slice(0, String(answer.headers['content-type']).length),
    );
  });
}

test('answers without, with expired and with scope-poor tokens as it must', async () => {
  assert.equal((await submit({ body: 'x' }, { token: null })).status, 401);
  assert.equal((await submit({ body: 'x' }, { claims: { expiresInSeconds: -60 } })).status, 401);
  assert.equal((await submit({ body: 'x' }, { claims: { aud: 'other' } })).status, 401);
  assert.equal((await submit({ body: 'x' }, { claims: { scope: 'content:read' } })).status, 403);
  assert.equal(
    (await ingest.call('POST', '/api/v1/sources', { body: { name: 'x', kind: 'push' }, claims: { role: 'user' } }))
      .status,
    403,
  );
});

test('serves its contract and its dead letters', async () => {
  const document = await ingest.call('GET', '/api/v1/openapi.json', { token: null });
  assert.equal(document.body.openapi, '3.1.0');
  for (const path of [
    '/api/v1/content',
    '/api/v1/content/batch',
    '/api/v1/sources/{sourceId}/fetch',
    '/api/v1/ingest/dead-letters',
  ]) {
    assert.ok(document.body.paths[path] !== undefined, path);
  }
  const deadLetters = await ingest.call('GET', '/api/v1/ingest/dead-letters');
  assert.deepEqual([deadLetters.status, deadLetters.body.total], [200, 0]);
  assert.equal(
    (await ingest.call('GET', '/api/v1/ingest/dead-letters', { claims: { role: 'moderator' } })).status,
    403,
  );
});
