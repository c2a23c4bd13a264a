import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { newId } from '@peermesh/contracts';
import { PublishingDelivered, PublishingFailed, PublishingTriggered } from '@peermesh/contracts/events';
import { waitFor } from '@peermesh/testkit';
import { triggered } from '../support/documents.ts';
import { type Receiver, startReceiver, verifySignature } from '../support/receiver.ts';
import { type PublisherFixture, startPublisher } from '../support/start-publisher.ts';

let publisher: PublisherFixture;
let receiver: Receiver;

before(async () => {
  [publisher, receiver] = await Promise.all([startPublisher(), startReceiver()]);
});
after(async () => {
  await publisher.stop();
  await receiver.stop();
});

/** A user with a webhook and a subscription to one topic. */
async function subscribe(path: string, options: { topic?: string; endpoint?: object; subscription?: object } = {}) {
  const claims = { sub: newId('user') };
  const topic = options.topic ?? newId('job');
  const endpoint = await publisher.call('POST', '/api/v1/endpoints', {
    claims,
    body: { channel: 'webhook', name: 'mine', url: `${receiver.url}${path}`, ...options.endpoint },
  });
  assert.equal(endpoint.status, 201, JSON.stringify(endpoint.body));
  const subscription = await publisher.call('POST', '/api/v1/subscriptions', {
    claims,
    body: { name: 'mine', filter: { topics: [topic] }, endpointIds: [endpoint.body.id], ...options.subscription },
  });
  assert.equal(subscription.status, 201, JSON.stringify(subscription.body));
  return { claims, topic, endpoint: endpoint.body, subscription: subscription.body };
}

test('delivers a matching document once, signed, and says so', async () => {
  const delivered = publisher.published(PublishingDelivered);
  const { claims, topic, endpoint, subscription } = await subscribe('/happy');
  const document = triggered({ topics: [topic] });
  await publisher.emit(PublishingTriggered, [document, triggered({ topics: ['something else'] }), document]);
  await waitFor(() => receiver.to('/happy').length > 0);
  const request = receiver.to('/happy')[0];
  assert.ok(request);
  verifySignature(endpoint.secret, request);
  assert.equal(request.body.type, 'document.matched');
  assert.equal(request.body.data.document.id, document.documentId);
  assert.equal(request.body.data.subscriptionId, subscription.id);
  await waitFor(() => delivered.some(({ data }) => data.subscriptionId === subscription.id));
  const list = await publisher.call('GET', `/api/v1/deliveries?subscriptionId=${subscription.id}`, { claims });
  assert.equal(list.body.total, 1);
  assert.equal(list.body.items[0].state, 'delivered');
  assert.equal(list.body.items[0].id, request.headers['webhook-id']);
  const one = await publisher.call('GET', `/api/v1/deliveries/${list.body.items[0].id}`, { claims });
  assert.equal(one.body.attemptLog.length, 1);
  assert.equal(one.body.attemptLog[0].httpStatus, 204);
  assert.equal(receiver.to('/happy').length, 1);
});

test('tries again by the schedule with the same id and fails in the end', async () => {
  const failed = publisher.published(PublishingFailed);
  receiver.answer('/broken', (response) => response.writeHead(500).end('no'));
  const { claims, topic, subscription } = await subscribe('/broken');
  await publisher.emit(PublishingTriggered, [triggered({ topics: [topic] })]);
  await waitFor(() => failed.some(({ data }) => data.subscriptionId === subscription.id));
  const requests = receiver.to('/broken');
  assert.equal(requests.length, 4);
  assert.equal(new Set(requests.map(({ headers }) => headers['webhook-id'])).size, 1);
  const list = await publisher.call('GET', `/api/v1/deliveries?subscriptionId=${subscription.id}`, { claims });
  assert.equal(list.body.items[0].state, 'failed');
  assert.equal(list.body.items[0].reason, 'exhausted');
  receiver.answer('/broken', (response) => response.writeHead(200).end('now'));
  const again = await publisher.call('POST', `/api/v1/deliveries/${list.body.items[0].id}/redeliver`, { claims });
  assert.equal(again.status, 202);
  await waitFor(async () => {
    const { body } = await publisher.call('GET', `/api/v1/deliveries/${list.body.items[0].id}`, { claims });
    return body.state === 'delivered' && body.attemptLog.length === 5;
  });
});
