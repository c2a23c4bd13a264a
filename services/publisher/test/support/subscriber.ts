import assert from 'node:assert/strict';
import { newId } from '@peermesh/contracts';
import type { PublisherFixture } from './start-publisher.ts';

/** A user with one endpoint and a subscription to a topic of their own. */
export interface Subscriber {
  readonly claims: { readonly sub: string; readonly tenant?: string };
  readonly topic: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- answers are looked into field by field
  readonly endpoint: any;
  // oxlint-disable-next-line typescript/no-explicit-any -- answers are looked into field by field
  readonly subscription: any;
  // oxlint-disable-next-line typescript/no-explicit-any -- answers are looked into field by field
  deliveries(): Promise<any[]>;
}

/** Makes a subscriber; the endpoint needs what its channel needs. */
export async function subscribe(
  publisher: PublisherFixture,
  endpoint: Readonly<Record<string, unknown>>,
  subscription: Readonly<Record<string, unknown>> = {},
  claims: Subscriber['claims'] = { sub: newId('user') },
): Promise<Subscriber> {
  const topic = newId('job');
  const made = await publisher.call('POST', '/api/v1/endpoints', { claims, body: { name: 'mine', ...endpoint } });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const subscribed = await publisher.call('POST', '/api/v1/subscriptions', {
    claims,
    body: { name: 'mine', filter: { topics: [topic] }, endpointIds: [made.body.id], ...subscription },
  });
  assert.equal(subscribed.status, 201, JSON.stringify(subscribed.body));
  return {
    claims,
    topic,
    endpoint: made.body,
    subscription: subscribed.body,
    deliveries: async () => {
      const list = await publisher.call('GET', `/api/v1/deliveries?limit=200&subscriptionId=${subscribed.body.id}`, {
        claims,
      });
      assert.equal(list.status, 200);
      return list.body.items;
    },
  };
}
