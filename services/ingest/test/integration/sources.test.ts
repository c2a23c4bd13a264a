import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { newId } from '@peermesh/contracts';
import { Extracted } from '@peermesh/contracts/events';
import { waitFor } from '@peermesh/testkit';
import { Webhook } from 'standardwebhooks';
import { type FeedServer, rssOf, startFeedServer } from '../support/feed-server.ts';
import { type IngestFixture, startIngest } from '../support/start-ingest.ts';

let ingest: IngestFixture;
let server: FeedServer;
before(async () => {
  [ingest, server] = await Promise.all([startIngest(), startFeedServer()]);
});
after(async () => {
  await Promise.all([ingest.stop(), server.stop()]);
});

const create = (body: object, options = {}) => ingest.call('POST', '/api/v1/sources', { body, ...options });

test('creates, shows, lists, changes and deletes a source', async () => {
  const topic = newId('source');
  const created = await create({
    name: 'News',
    kind: 'feed',
    url: `${server.url}/none`,
    schedule: { type: 'manual' },
    topics: [topic],
  });
  assert.equal(created.status, 201);
  const { source } = created.body;
  assert.equal(created.headers['location'], `/api/v1/sources/${source.id}`);
  assert.deepEqual([source.state, source.version, created.body.secret], ['active', 1, null]);
  const path = `/api/v1/sources/${source.id}`;
  assert.deepEqual((await ingest.call('GET', path)).body, source);
  assert.equal((await ingest.call('GET', `/api/v1/sources?topic=${topic}`)).body.total, 1);
  const changed = await ingest.call('PATCH', path, { body: { version: 1, name: 'Old news', acl: ['role:admin'] } });
  assert.deepEqual(
    [changed.status, changed.body.name, changed.body.version, changed.body.topics],
    [200, 'Old news', 2, [topic]],
  );
  const kept = await ingest.call('PATCH', path, { body: { version: 2, name: 'Older news' } });
  assert.deepEqual(kept.body.acl, ['role:admin']);
  const stale = await ingest.call('PATCH', path, { body: { version: 1, name: 'x' } });
  assert.deepEqual([stale.status, stale.body.code, stale.body.currentVersion], [409, 'PM_COMMON_VERSION_CONFLICT', 3]);
  assert.equal((await ingest.call('DELETE', `${path}?version=1`)).status, 409);
  assert.equal((await ingest.call('DELETE', path)).status, 204);
  assert.equal((await ingest.call('GET', path)).status, 404);
  assert.equal((await ingest.call('DELETE', path)).status, 404);
});

const REFUSED: readonly (readonly [string, object, number, string])[] = [
  ['a feed without URL', { name: 'x', kind: 'feed' }, 422, 'PM_COMMON_UNPROCESSABLE'],
  ['a webhook with URL', { name: 'x', kind: 'webhook', url: 'https://example.org/' }, 422, 'PM_COMMON_UNPROCESSABLE'],
  [
    'a webhook on a schedule',
    { name: 'x', kind: 'webhook', schedule: { type: 'interval', seconds: 60 } },
    422,
    'PM_INGEST_SCHEDULE_INVALID',
  ],
  [
    'an unknown time zone',
    {
      name: 'x',
      kind: 'feed',
      url: 'https://example.org/',
      schedule: { type: 'cron', expression: '0 7 * * *', timeZone: 'Mars/Base' },
    },
    422,
    'PM_INGEST_SCHEDULE_INVALID',
  ],
  [
    'a cron expression that never fires',
    {
      name: 'x',
      kind: 'feed',
      url: 'https://example.org/',
      schedule: { type: 'cron', expression: '0 0 30 2 *', timeZone: 'UTC' },
    },
    422,
    'PM_INGEST_SCHEDULE_INVALID',
  ],
  [
    'an interval that is too short',
    { name: 'x', kind: 'feed', url: 'https://example.org/', schedule: { type: 'interval', seconds: 1 } },
    400,
    'PM_COMMON_VALIDATION_FAILED',
  ],
  [
    'a source that waits for nobody',
    {
      name: 'x',
      kind: 'feed',
      url: 'https://example.org/',
      schedule: { type: 'event', afterSourceId: newId('source') },
    },
    422,
    'PM_INGEST_SCHEDULE_INVALID',
  ],
  [
    'the metadata service',
    { name: 'x', kind: 'feed', url: 'http://169.254.169.254/latest/' },
    422,
    'PM_HTTP_GUARD_ADDRESS_FORBIDDEN',
  ],
  [
    'a private address in disguise',
    { name: 'x', kind: 'feed', url: 'http://0x0a000001/' },
    422,
    'PM_HTTP_GUARD_ADDRESS_FORBIDDEN',
  ],
  ['a database port', { name: 'x', kind: 'feed', url: 'http://example.org:5432/' }, 422, 'PM_HTTP_GUARD_URL_INVALID'],
  [
    'credentials in the URL',
    { name: 'x', kind: 'feed', url: 'https://a:b@example.org/' },
    422,
    'PM_HTTP_GUARD_URL_INVALID',
  ],
  ['an unknown kind', { name: 'x', kind: 'carrier-pigeon' }, 400, 'PM_COMMON_VALIDATION_FAILED'],
];

for (const [name, body, status, code] of REFUSED) {
  test(`refuses ${name}`, async () => {
    const answer = await create(body);
    assert.deepEqual([answer.status, answer.body.code], [status, code]);
  });
}

test('lets only administrators ignore robots.txt', async () => {
  const body = {
    name: 'x',
    kind: 'feed',
    url: `${server.url}/none`,
    schedule: { type: 'manual' },
    respectRobots: false,
  };
  assert.equal((await create(body, { claims: { role: 'moderator' } })).status, 403);
  assert.equal((await create(body)).status, 201);
});

test('hides the sources of other tenants', async () => {
  const { source } = (await create({ name: 'x', kind: 'push' })).body;
  for (const [method, path] of [
    ['GET', ''],
    ['DELETE', ''],
    ['POST', '/fetch'],
    ['POST', '/secret'],
    ['GET', '/fetches'],
  ] as const) {
    const answer = await ingest.call(method, `/api/v1/sources/${source.id}${path}`, {
      claims: { tenant: 'elsewhere' },
    });
    assert.equal(answer.status, 404, `${method} ${path}`);
  }
});

function signed(secret: string, body: string, id: string = newId('content')): Record<string, string> {
  const now = new Date();
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign(id, now, body),
    'content-type': 'application/json',
  };
}

test('takes in signed deliveries to a webhook source and nothing else', async () => {
  const { source, secret } = (await create({ name: 'Hook', kind: 'webhook', topics: ['hooked'] })).body;
  assert.match(secret, /^whsec_/);
  const deliver = (payload: string, headers: Record<string, string>) =>
    ingest.call('POST', source.hookPath, { body: payload, headers, token: null });
  const body = JSON.stringify({
    items: [
      { body: 'First delivery about Paris.', itemKey: 'a' },
      { id: 7, title: 'Seven', text: 'Any other JSON.' },
      { body: ' ', itemKey: 'c' },
    ],
  });
  const accepted = await deliver(body, signed(secret, body));
  assert.deepEqual(
    [accepted.status, accepted.body],
    [202, { accepted: 2, duplicates: 0, rejected: 1, fetchScheduled: false }],
  );
  assert.equal((await deliver(body, signed(secret, body))).body.duplicates, 2);
  assert.equal(
    (await deliver('plain words', { 'content-type': 'text/plain', 'x-webhook-token': secret })).body.accepted,
    1,
  );
  assert.equal(
    (
      await deliver(rssOf([['1', 'Fat ping', 'Text']]), {
        'content-type': 'application/rss+xml',
        'x-webhook-token': secret,
      })
    ).body.accepted,
    1,
  );
  for (const headers of [
    { 'content-type': 'application/json' },
    signed('whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', body),
    { ...signed(secret, body), 'webhook-timestamp': '1' },
  ]) {
    const refused = await deliver(body, headers as Record<string, string>);
    assert.deepEqual([refused.status, refused.body.code], [401, 'PM_INGEST_SIGNATURE_INVALID']);
  }
  const unknown = await ingest.call('POST', `/api/v1/ingest/hooks/${newId('source')}`, {
    body,
    headers: signed(secret, body),
    token: null,
  });
  assert.equal(unknown.body.code, 'PM_INGEST_SIGNATURE_INVALID');
  assert.equal((await deliver('{broken', signed(secret, '{broken'))).status, 400);
  assert.equal((await deliver(body, { ...signed(secret, body), 'content-type': 'image/png' })).status, 415);
  const event = await waitFor(() =>
    ingest
      .published(Extracted)
      .find(({ data }) => data.document.sourceId === source.id && data.document.itemKey === '7'),
  );
  assert.deepEqual([event.data.document.title, event.data.document.topics], ['Seven', ['hooked']]);
});

test('keeps the old secret for a day after rotation', async () => {
  const { source, secret } = (await create({ name: 'Hook', kind: 'webhook' })).body;
  const rotated = await ingest.call('POST', `/api/v1/sources/${source.id}/secret`);
  assert.notEqual(rotated.body.secret, secret);
  for (const each of [secret, rotated.body.secret]) {
    assert.equal(
      (
        await ingest.call('POST', source.hookPath, {
          body: '{"body":"x"}',
          headers: { 'content-type': 'application/json', 'x-webhook-token': each },
          token: null,
        })
      ).status,
      202,
    );
  }
  const { rows } = await ingest.database.db.system((tx) =>
    tx.client.query('select secret, previous_secret from ingest_sources where source_id = $1', [source.id]),
  );
  assert.ok(!JSON.stringify(rows).includes(secret) && !JSON.stringify(rows).includes(rotated.body.secret));
});

test('fetches on demand, on a ping, and after another source brought something', async () => {
  server.on('/a', (_request, response) => void response.end(rssOf([['a1', 'From A', `Text ${newId('content')}`]])));
  server.on('/b', (_request, response) => void response.end(rssOf([['b1', 'From B', 'Text b']])));
  server.on('/c', (_request, response) => void response.end(rssOf([['c1', 'From C', 'Text c']])));
  const a = (
    await create({
      name: 'A',
      kind: 'feed',
      url: `${server.url}/a`,
      schedule: { type: 'manual' },
      minIntervalSeconds: 0,
    })
  ).body.source;
  const b = (
    await create({
      name: 'B',
      kind: 'feed',
      url: `${server.url}/b`,
      schedule: { type: 'event', afterSourceId: a.id },
      minIntervalSeconds: 0,
    })
  ).body.source;
  const c = (
    await create({
      name: 'C',
      kind: 'feed',
      url: `${server.url}/c`,
      schedule: { type: 'event' },
      minIntervalSeconds: 0,
    })
  ).body;
  assert.equal(server.requestsFor('/a').length + server.requestsFor('/b').length + server.requestsFor('/c').length, 0);
  assert.equal((await ingest.call('POST', `/api/v1/sources/${a.id}/fetch`)).status, 202);
  await waitFor(() => server.requestsFor('/b').length === 1, { message: 'B did not follow A' });
  assert.equal(server.requestsFor('/a').length, 1);
  const ping = await ingest.call('POST', c.source.hookPath, {
    body: '',
    headers: { 'content-type': 'text/plain', 'x-webhook-token': c.secret },
    token: null,
  });
  assert.deepEqual([ping.status, ping.body.fetchScheduled], [202, true]);
  await waitFor(() => server.requestsFor('/c').length === 1, { message: 'the ping was not followed' });
  await waitFor(async () => (await ingest.call('GET', `/api/v1/sources/${b.id}`)).body.lastOutcome === 'fetched');
  assert.equal(
    (await ingest.call('POST', `/api/v1/sources/${(await create({ name: 'p', kind: 'push' })).body.source.id}/fetch`))
      .status,
    409,
  );
});
