import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { PublishingDelivered, PublishingFailed, PublishingTriggered } from '@peermesh/contracts/events';
import { waitFor } from '@peermesh/testkit';
import { triggered } from '../support/documents.ts';
import { type Receiver, startReceiver, verifySignature } from '../support/receiver.ts';
import { type PublisherFixture, startPublisher } from '../support/start-publisher.ts';
import { type Subscriber, subscribe } from '../support/subscriber.ts';

let publisher: PublisherFixture;
let receiver: Receiver;

before(async () => {
  [publisher, receiver] = await Promise.all([startPublisher(), startReceiver()]);
});
after(async () => {
  await publisher.stop();
  await receiver.stop();
});

const webhook = (path: string, more: object = {}) => ({ channel: 'webhook', url: `${receiver.url}${path}`, ...more });

test('delivers a matching document once, signed, and says so', async () => {
  const delivered = publisher.published(PublishingDelivered);
  const user = await subscribe(publisher, webhook('/happy'));
  const document = triggered({ topics: [user.topic] });
  await publisher.emit(PublishingTriggered, [document, triggered({ topics: ['something else'] }), document]);
  await waitFor(() => delivered.some(({ data }) => data.subscriptionId === user.subscription.id));
  const [request, ...more] = receiver.to('/happy');
  assert.ok(request);
  assert.equal(more.length, 0);
  verifySignature(user.endpoint.secret, request);
  assert.equal(request.body.type, 'document.matched');
  assert.equal(request.body.data.document.id, document.documentId);
  const [delivery] = await user.deliveries();
  assert.equal(delivery.state, 'delivered');
  assert.equal(delivery.id, request.headers['webhook-id']);
  const one = await publisher.call('GET', `/api/v1/deliveries/${delivery.id}`, { claims: user.claims });
  assert.deepEqual(
    one.body.attemptLog.map(({ number, httpStatus }: { number: number; httpStatus: number }) => [number, httpStatus]),
    [[1, 204]],
  );
  await publisher.emit(PublishingTriggered, [{ ...document, version: 2 }]);
  await waitFor(() => receiver.to('/happy').length === 2);
});

test('tries again by the schedule with the same id, fails in the end, and can be sent again', async () => {
  const failed = publisher.published(PublishingFailed);
  receiver.answer('/broken', (response) => response.writeHead(500).end('n\0o'));
  const user = await subscribe(publisher, webhook('/broken'));
  await publisher.emit(PublishingTriggered, [triggered({ topics: [user.topic] })]);
  await waitFor(() =>
    failed.some(({ data }) => data.subscriptionId === user.subscription.id && data.reason === 'exhausted'),
  );
  assert.equal(receiver.to('/broken').length, 4);
  assert.equal(new Set(receiver.to('/broken').map(({ headers }) => headers['webhook-id'])).size, 1);
  const [delivery] = await user.deliveries();
  assert.deepEqual([delivery.state, delivery.reason, delivery.attempts], ['failed', 'exhausted', 4]);
  receiver.answer('/broken', (response) => response.writeHead(200).end('now'));
  const path = `/api/v1/deliveries/${delivery.id}`;
  assert.equal((await publisher.call('POST', `${path}/redeliver`, { claims: user.claims })).status, 202);
  await waitFor(async () => (await publisher.call('GET', path, { claims: user.claims })).body.state === 'delivered');
  const { body } = await publisher.call('GET', path, { claims: user.claims });
  assert.deepEqual(
    body.attemptLog.map(({ outcome, response }: { outcome: string; response: string }) => `${outcome} ${response}`),
    [...Array(4).fill('http_500 no'), 'http_200 now'],
  );
});

/** How each attempt of the first delivery of a subscriber ended, when all of them are over. */
async function failuresOf(fixture: PublisherFixture, user: Subscriber): Promise<string[]> {
  await waitFor(async () => (await user.deliveries())[0]?.state === 'failed');
  const [delivery] = await user.deliveries();
  const { body } = await fixture.call('GET', `/api/v1/deliveries/${delivery.id}`, { claims: user.claims });
  return body.attemptLog.map(({ outcome }: { outcome: string }) => outcome);
}

test('does not follow redirects', async () => {
  receiver.answer('/redirect', (response) => response.writeHead(307, { location: `${receiver.url}/target` }).end());
  const user = await subscribe(publisher, webhook('/redirect'));
  await publisher.emit(PublishingTriggered, [triggered({ topics: [user.topic] })]);
  assert.deepEqual(await failuresOf(publisher, user), Array(4).fill('http_307'));
  assert.equal(receiver.to('/target').length, 0);
});

test('gives up waiting in time', async (t) => {
  const hasty = await startPublisher({ PUBLISHER_ATTEMPT_TIMEOUT_MS: '150' });
  t.after(() => hasty.stop());
  receiver.answer('/slow', () => undefined);
  const user = await subscribe(hasty, webhook('/slow'));
  await hasty.emit(PublishingTriggered, [triggered({ topics: [user.topic] })]);
  assert.deepEqual(await failuresOf(hasty, user), Array(4).fill('timeout'));
});

test('waits as long as Retry-After says', async () => {
  let answers = 0;
  receiver.answer('/busy', (response) => {
    answers += 1;
    if (answers === 1) response.writeHead(429, { 'retry-after': '1' }).end();
    else response.writeHead(204).end();
  });
  const user = await subscribe(publisher, webhook('/busy'));
  await publisher.emit(PublishingTriggered, [triggered({ topics: [user.topic] })]);
  await waitFor(() => receiver.to('/busy').length === 2);
  const [first, second] = receiver.to('/busy');
  assert.ok((second?.at ?? 0) - (first?.at ?? 0) >= 950, 'it came too early');
});

test('both secrets sign for a day after a rotation', async () => {
  const user = await subscribe(publisher, webhook('/rotated'));
  const rotated = await publisher.call('POST', `/api/v1/endpoints/${user.endpoint.id}/rotate-secret`, {
    claims: user.claims,
  });
  assert.equal(rotated.status, 200);
  assert.notEqual(rotated.body.secret, user.endpoint.secret);
  await publisher.emit(PublishingTriggered, [triggered({ topics: [user.topic] })]);
  await waitFor(() => receiver.to('/rotated').length === 1);
  const [request] = receiver.to('/rotated');
  assert.ok(request);
  verifySignature(user.endpoint.secret, request);
  verifySignature(rotated.body.secret, request);
  const shown = await publisher.call('GET', `/api/v1/endpoints/${user.endpoint.id}`, { claims: user.claims });
  assert.ok(!JSON.stringify(shown.body).includes('whsec'));
});

test('tells the status callback how deliveries ended, signed with its own secret', async () => {
  receiver.answer('/unwilling', (response) => response.writeHead(500).end());
  const user = await subscribe(publisher, webhook('/unwilling'), { statusCallbackUrl: `${receiver.url}/status` });
  await publisher.emit(PublishingTriggered, [triggered({ topics: [user.topic] })]);
  await waitFor(() => receiver.to('/status').length === 1);
  const [request] = receiver.to('/status');
  assert.ok(request);
  verifySignature(user.subscription.statusCallbackSecret, request);
  assert.equal(request.body.type, 'delivery.status');
  assert.deepEqual(
    [request.body.data.state, request.body.data.reason, request.body.data.attempts],
    ['failed', 'exhausted', 4],
  );
  const endpoints = await publisher.call('GET', '/api/v1/endpoints', { claims: user.claims });
  assert.equal(endpoints.body.total, 1, 'the callback is not listed as an endpoint');
  const shown = await publisher.call('GET', `/api/v1/subscriptions/${user.subscription.id}`, { claims: user.claims });
  assert.equal(shown.body.statusCallbackUrl, `${receiver.url}/status`);
});

test('what the subscriber may not read, paused, and ended subscriptions are not delivered', async () => {
  const user = await subscribe(publisher, webhook('/acl'));
  const { id, version } = user.subscription;
  const acls = [['role:admin'], ['user:usr_other'], [`user:${user.claims.sub}`], ['role:user']];
  await publisher.emit(
    PublishingTriggered,
    acls.map((acl) => triggered({ topics: [user.topic], acl, title: acl.join() })),
  );
  await waitFor(() => receiver.to('/acl').length === 2);
  assert.deepEqual(
    receiver
      .to('/acl')
      .map(({ body }) => body.data.document.title)
      .sort(),
    ['role:user', `user:${user.claims.sub}`].sort(),
  );
  const change = (body: object) =>
    publisher.call('PATCH', `/api/v1/subscriptions/${id}`, { claims: user.claims, body });
  assert.equal((await change({ state: 'paused', version })).status, 200);
  assert.equal((await change({ state: 'active', version })).status, 409);
  await publisher.emit(PublishingTriggered, [triggered({ topics: [user.topic] })]);
  const marker = await subscribe(publisher, webhook('/marker'));
  await publisher.emit(PublishingTriggered, [triggered({ topics: [marker.topic] })]);
  await waitFor(() => receiver.to('/marker').length === 1);
  assert.equal((await publisher.call('DELETE', `/api/v1/subscriptions/${id}`, { claims: user.claims })).status, 204);
  assert.equal((await publisher.call('GET', `/api/v1/subscriptions/${id}`, { claims: user.claims })).status, 404);
  assert.equal((await user.deliveries()).length, 2);
});
