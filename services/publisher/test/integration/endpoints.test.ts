import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { newId } from '@peermesh/contracts';
import {
  EndpointStateChanged,
  PublishingFailed,
  PublishingTriggered,
  RealtimeNotified,
} from '@peermesh/contracts/events';
import { waitFor } from '@peermesh/testkit';
import { triggered } from '../support/documents.ts';
import { type Receiver, startReceiver, verifySignature } from '../support/receiver.ts';
import { type PublisherFixture, startPublisher } from '../support/start-publisher.ts';
import { subscribe } from '../support/subscriber.ts';

let publisher: PublisherFixture;
let receiver: Receiver;

before(async () => {
  const changes = {
    PUBLISHER_RETRY_SCHEDULE_SECONDS: '0,0.2,0.2,0.2,0.2,0.2,0.2,0.2,0.2,0.2,0.2,0.2,0.2,0.2,0.2,0.2',
    PUBLISHER_DISABLE_AFTER_HOURS: '1',
    PUBLISHER_ENDPOINT_CONCURRENCY: '4',
    PUBLISHER_CONCURRENCY: '24',
    PUBLISHER_ATTEMPT_TIMEOUT_MS: '20000',
  };
  [publisher, receiver] = await Promise.all([startPublisher(changes), startReceiver()]);
});
after(async () => {
  await publisher.stop();
  await receiver.stop();
});

const webhook = (path: string, more: object = {}) => ({ channel: 'webhook', url: `${receiver.url}${path}`, ...more });

test('410 disables the endpoint, what waits for it fails, its owner hears of it, and a probe brings it back', async () => {
  const changes = publisher.published(EndpointStateChanged);
  const failed = publisher.published(PublishingFailed);
  const notified = publisher.published(RealtimeNotified);
  receiver.answer('/gone', (response) => response.writeHead(410).end());
  const user = await subscribe(publisher, webhook('/gone', { isOrdered: true }));
  await publisher.call('POST', '/api/v1/endpoints', {
    claims: user.claims,
    body: { channel: 'realtime', name: 'app' },
  });
  await publisher.emit(PublishingTriggered, [triggered({ topics: [user.topic] }), triggered({ topics: [user.topic] })]);
  const mine = () =>
    failed.filter(({ data }) => data.subscriptionId === user.subscription.id).map(({ data }) => data.reason);
  await waitFor(() => mine().length === 2);
  assert.deepEqual(mine().sort(), ['endpoint_disabled', 'gone']);
  assert.equal(receiver.to('/gone').length, 1);
  await waitFor(() => changes.some(({ data }) => data.endpointId === user.endpoint.id && data.state === 'disabled'));
  await waitFor(() => notified.some(({ data }) => data.userId === user.claims.sub && data.subscriptionId === null));
  const path = `/api/v1/endpoints/${user.endpoint.id}`;
  const shown = await publisher.call('GET', path, { claims: user.claims });
  assert.deepEqual([shown.body.state, shown.body.disabledReason], ['disabled', 'http_410']);

  const refused = await publisher.call('POST', `${path}/enable`, { claims: user.claims });
  assert.deepEqual([refused.status, refused.body.code], [422, 'PM_PUBLISHER_PROBE_FAILED']);
  receiver.answer('/gone', (response) => response.writeHead(204).end());
  assert.equal((await publisher.call('POST', `${path}/enable`, { claims: user.claims })).body.state, 'active');
  const probe = receiver.to('/gone').at(-1);
  assert.ok(probe);
  assert.equal(probe.body.type, 'endpoint.probe');
  verifySignature(user.endpoint.secret, probe);
  const again = await publisher.call('POST', `${path}/enable`, { claims: user.claims });
  assert.equal(again.status, 422);
});

test('an endpoint that only fails is warned about and then disabled', async () => {
  const changes = publisher.published(EndpointStateChanged);
  const user = await subscribe(publisher, webhook('/dead'));
  // As if an eighth of the hour passed from one attempt to the next.
  receiver.answer('/dead', async (response) => {
    await publisher.database.db.system((tx) =>
      tx.client.query(
        `UPDATE publisher_endpoints SET failing_since = failing_since - interval '7.5 minutes' WHERE id = $1`,
        [user.endpoint.id],
      ),
    );
    response.writeHead(503).end();
  });
  await publisher.emit(PublishingTriggered, [triggered({ topics: [user.topic] })]);
  const mine = () => changes.filter(({ data }) => data.endpointId === user.endpoint.id).map(({ data }) => data);
  await waitFor(() => mine().some(({ state }) => state === 'disabled'));
  const warnings = mine()
    .filter(({ state }) => state === 'failing')
    .map(({ percent }) => percent);
  assert.deepEqual(warnings, [50, 70]);
  await waitFor(async () => (await user.deliveries())[0].state === 'failed');
});

test('a slow endpoint gets its four at once and does not hold others back', async () => {
  let open = 0;
  let most = 0;
  const { promise: isQuickDone, resolve: release } = Promise.withResolvers<void>();
  receiver.answer('/slow', async (response) => {
    open += 1;
    most = Math.max(most, open);
    await isQuickDone;
    open -= 1;
    response.writeHead(204).end();
  });
  const slow = await subscribe(publisher, webhook('/slow', { ratePerSecond: 1000 }));
  const quick = await subscribe(publisher, webhook('/quick', { ratePerSecond: 1000 }));
  await publisher.emit(
    PublishingTriggered,
    Array.from({ length: 60 }, () => triggered({ topics: [slow.topic] })),
  );
  await waitFor(() => receiver.to('/slow').length >= 4);
  await publisher.emit(
    PublishingTriggered,
    Array.from({ length: 40 }, () => triggered({ topics: [quick.topic] })),
  );
  await waitFor(() => receiver.to('/quick').length === 40);
  assert.equal(receiver.to('/slow').length, 4, 'the quick endpoint has all of its own while the slow one still waits');
  release();
  await waitFor(() => receiver.to('/slow').length === 60);
  assert.equal(most, 4);
  await publisher.call('DELETE', `/api/v1/subscriptions/${slow.subscription.id}`, { claims: slow.claims });
});

test('the token bucket of an endpoint holds', async () => {
  const user = await subscribe(publisher, webhook('/limited', { ratePerSecond: 5 }));
  const began = Date.now();
  await publisher.emit(
    PublishingTriggered,
    Array.from({ length: 15 }, () => triggered({ topics: [user.topic] })),
  );
  await waitFor(() => receiver.to('/limited').length === 15);
  const took = (receiver.to('/limited').at(-1)?.at ?? 0) - began;
  assert.ok(took >= 1_800, `fifteen at five a second took ${took} ms`);
});

test('an ordered endpoint gets one at a time, in order, also over failures', async () => {
  let refusals = 2;
  receiver.answer('/ordered', (response) => {
    refusals -= 1;
    response.writeHead(refusals >= 0 ? 500 : 204).end();
  });
  const user = await subscribe(publisher, webhook('/ordered', { isOrdered: true }));
  const titles = Array.from({ length: 8 }, (_, n) => `number ${n}`);
  for (const title of titles) await publisher.emit(PublishingTriggered, [triggered({ topics: [user.topic], title })]);
  await waitFor(() => receiver.to('/ordered').length === 10);
  const got = receiver.to('/ordered').map(({ body }) => body.data.document.title);
  assert.deepEqual(got, ['number 0', 'number 0', ...titles]);
});

test('users see their own, administrators everything of their tenant, other tenants nothing', async () => {
  const user = await subscribe(publisher, webhook('/mine'));
  const paths = [`/api/v1/endpoints/${user.endpoint.id}`, `/api/v1/subscriptions/${user.subscription.id}`];
  for (const path of paths) {
    const missing = path.replace(/_[0-9a-f]{10}/, '_0000000000');
    const strangers = [{}, { sub: user.claims.sub, tenant: 'acme' }, { role: 'admin', tenant: 'acme' }];
    for (const claims of strangers) {
      const answer = await publisher.call('GET', path, { claims });
      assert.equal(answer.status, 404);
      const { instance: _i, requestId: _r, ...problem } = answer.body;
      const { instance: _i2, requestId: _r2, ...other } = (await publisher.call('GET', missing, { claims })).body;
      assert.deepEqual(problem, other, 'the answer does not tell whether it exists');
      assert.equal((await publisher.call('DELETE', path, { claims })).status, 404);
    }
    assert.equal((await publisher.call('GET', path, { claims: { role: 'admin' } })).status, 200);
    assert.equal((await publisher.call('GET', path, { token: null })).status, 401);
    assert.equal(
      (await publisher.call('GET', path, { claims: { ...user.claims, scope: 'other:read' } as never })).status,
      403,
    );
  }
  const stranger = { sub: newId('user') };
  const stolen = await publisher.call('POST', '/api/v1/subscriptions', {
    claims: stranger,
    body: { name: 'x', filter: {}, endpointIds: [user.endpoint.id] },
  });
  assert.equal(stolen.status, 422);
  const list = await publisher.call('GET', `/api/v1/endpoints?userId=${user.claims.sub}`, { claims: stranger });
  assert.equal(list.body.total, 0);
});

test('bad input gets the right problem', async () => {
  const claims = { sub: newId('user') };
  const endpoint = await publisher.call('POST', '/api/v1/endpoints', {
    claims,
    body: { channel: 'realtime', name: 'app' },
  });
  const endpointIds = [endpoint.body.id];
  const cases: readonly (readonly [string, string, unknown, number])[] = [
    ['POST', '/api/v1/endpoints', { channel: 'webhook', name: 'x' }, 422],
    ['POST', '/api/v1/endpoints', { channel: 'webhook', name: 'x', url: 'http://10.0.0.1/' }, 422],
    ['POST', '/api/v1/endpoints', { channel: 'webhook', name: 'x', url: 'http://169.254.169.254/latest' }, 422],
    ['POST', '/api/v1/endpoints', { channel: 'webhook', name: 'x', url: 'ftp://a.example/' }, 422],
    ['POST', '/api/v1/endpoints', { channel: 'webhook', name: 'x', url: 'https://u:p@a.example/' }, 422],
    ['POST', '/api/v1/endpoints', { channel: 'webhook', name: 'x', url: 'not a url' }, 400],
    ['POST', '/api/v1/endpoints', { channel: 'pigeon', name: 'x' }, 400],
    ['POST', '/api/v1/endpoints', { channel: 'email', name: 'x', email: 'a@b.example' }, 422],
    ['POST', '/api/v1/endpoints', { channel: 'realtime', name: 'x', more: 1 }, 400],
    ['POST', '/api/v1/endpoints', { channel: 'realtime', name: '' }, 400],
    ['POST', '/api/v1/subscriptions', { name: 'x', filter: { query: '(a' }, endpointIds }, 422],
    ['POST', '/api/v1/subscriptions', { name: 'x', filter: { topics: ['!!'] }, endpointIds }, 422],
    ['POST', '/api/v1/subscriptions', { name: 'x', filter: { topics: [] }, endpointIds }, 400],
    ['POST', '/api/v1/subscriptions', { name: 'x', filter: { entities: [{}] }, endpointIds }, 400],
    ['POST', '/api/v1/subscriptions', { name: 'x', filter: {}, endpointIds: [] }, 400],
    ['POST', '/api/v1/subscriptions', { name: 'x', filter: {}, endpointIds: [newId('endpoint')] }, 422],
    [
      'POST',
      '/api/v1/subscriptions',
      { name: 'x', filter: {}, endpointIds, statusCallbackUrl: 'http://192.168.1.1/' },
      422,
    ],
    ['PATCH', `/api/v1/endpoints/${endpoint.body.id}`, { url: 'https://a.example/', version: 1 }, 422],
    ['PATCH', `/api/v1/endpoints/${endpoint.body.id}`, { name: 'y', version: 9 }, 409],
    ['PATCH', `/api/v1/endpoints/${endpoint.body.id}`, { version: 1 }, 400],
    ['POST', `/api/v1/endpoints/${endpoint.body.id}/rotate-secret`, undefined, 422],
    ['POST', `/api/v1/endpoints/${endpoint.body.id}/enable`, undefined, 422],
    ['POST', `/api/v1/endpoints/${endpoint.body.id}/verify`, { token: 'x'.repeat(20) }, 422],
    ['GET', '/api/v1/endpoints/epn_!', undefined, 400],
    ['GET', '/api/v1/deliveries?from=yesterday', undefined, 400],
    ['GET', '/api/v1/deliveries?page=1000000&limit=200', undefined, 200],
    ['GET', '/api/v1/deliveries?page=0', undefined, 400],
    ['GET', '/api/v1/engagement?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z', undefined, 422],
    ['GET', '/api/v1/engagement?from=0001-01-01T00:00:00Z&to=9999-01-01T00:00:00Z', undefined, 400],
    ['POST', '/api/v1/publisher/redeliveries', { from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' }, 422],
    ['POST', '/api/v1/publisher/redeliveries', { from: '2026-01-01T00:00:00Z' }, 400],
    ['POST', '/api/v1/publisher/redeliveries', { from: '0000-01-01T00:00:00Z', to: '2026-01-01T00:00:00Z' }, 400],
    ['PUT', '/api/v1/preferences', { quietHours: { start: '25:00', end: '07:00', timeZone: 'UTC' } }, 400],
    ['PUT', '/api/v1/preferences', { quietHours: { start: '22:00', end: '07:00', timeZone: 'Mars/Olympus' } }, 422],
    ['PUT', '/api/v1/preferences/default', {}, 403],
    ['GET', `/api/v1/engagement/click/${'x'.repeat(30)}.y`, undefined, 404],
    ['GET', '/api/v1/engagement/open/short', undefined, 400],
    ['POST', `/api/v1/deliveries/${newId('delivery')}/redeliver`, undefined, 404],
    ['GET', '/api/v1/publisher/dead-letters', undefined, 403],
  ];
  for (const [method, path, body, status] of cases) {
    const answer = await publisher.call(method, path, { claims, ...(body === undefined ? {} : { body }) });
    assert.equal(answer.status, status, `${method} ${path} ${JSON.stringify(body)}: ${JSON.stringify(answer.body)}`);
    if (status >= 400) assert.match(answer.body.code, /^PM_/);
  }
  const halves = await publisher.call('POST', '/api/v1/subscriptions', {
    claims,
    body: { name: 'half \ud800', filter: { topics: ['half \ud800'] }, endpointIds },
  });
  assert.equal(halves.status, 201);
});

test('the same Idempotency-Key makes one endpoint', async () => {
  const claims = { sub: newId('user') };
  const headers = { 'idempotency-key': '"once"' };
  const body = { channel: 'webhook', name: 'x', url: `${receiver.url}/once` };
  const first = await publisher.call('POST', '/api/v1/endpoints', { claims, headers, body });
  const second = await publisher.call('POST', '/api/v1/endpoints', { claims, headers, body });
  assert.deepEqual([second.status, second.body], [201, first.body]);
  const other = await publisher.call('POST', '/api/v1/endpoints', { claims, headers, body: { ...body, name: 'y' } });
  assert.equal(other.status, 422);
  assert.equal((await publisher.call('GET', '/api/v1/endpoints', { claims })).body.total, 1);
});
