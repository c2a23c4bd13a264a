import { publisherRoutes } from '@peermesh/contracts/publisher';
import { LauncherError } from '../launcher-error.ts';
import type { Api } from './api.ts';
import type { WebhookSubscriber } from './webhook-subscriber.ts';

const DELIVERIES_PER_SECOND = 1_000;

/** A subscription to one topic that delivers to a webhook. */
export interface WalkSubscription {
  /** Deletes the subscription and its endpoint. */
  remove(): Promise<void>;
}

/** Makes the endpoint and the subscription, and tells the subscriber which secret signs. */
export async function subscribe(api: Api, topic: string, subscriber: WebhookSubscriber): Promise<WalkSubscription> {
  const { body: endpoint } = await api.call(publisherRoutes.createEndpoint, {
    body: { channel: 'webhook', name: topic, url: subscriber.url, ratePerSecond: DELIVERIES_PER_SECOND },
  });
  if (endpoint.secret === null)
    throw new LauncherError('the endpoint has no secret', 'see `npm run logs -- publisher`');
  subscriber.trust(endpoint.secret);
  const { body: subscription } = await api.call(publisherRoutes.createSubscription, {
    body: { name: topic, filter: { topics: [topic] }, endpointIds: [endpoint.id] },
  });
  return {
    remove: async () => {
      await api.call(publisherRoutes.deleteSubscription, { params: { id: subscription.id } });
      await api.call(publisherRoutes.deleteEndpoint, { params: { id: endpoint.id } });
    },
  };
}
