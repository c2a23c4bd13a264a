import type { Api } from './api.ts';
import type { WebhookSubscriber } from './webhook-subscriber.ts';

/** A subscription to one topic that delivers to a webhook. */
export interface WalkSubscription {
  /** Deletes the subscription and its endpoint. */
  remove(): Promise<void>;
}

/** Makes the endpoint and the subscription, and tells the subscriber which secret signs. */
export async function subscribe(_api: Api, _topic: string, _subscriber: WebhookSubscriber): Promise<WalkSubscription> {
  throw new Error('not yet');
}
