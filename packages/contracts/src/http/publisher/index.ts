import * as routes from './routes.ts';

export {
  Attempt,
  Channel,
  CreateEndpoint,
  CreateRedelivery,
  CreateSubscription,
  Delivery,
  DeliveryState,
  DeliveryWithAttempts,
  Endpoint,
  EndpointWithSecret,
  EngagementKind,
  Preferences,
  Redelivery,
  Subscription,
  SubscriptionFilter,
  SubscriptionWithSecret,
  UpdateEndpoint,
  UpdateSubscription,
} from './schemas.ts';

/** Every route of the publisher service. */
export const publisherRoutes = { ...routes } as const;
